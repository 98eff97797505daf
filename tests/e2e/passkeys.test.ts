// Passkeys of a real browser: made and used by the published browser clients in a page.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminKey, type Answer, TestClient } from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { sendStamped } from '../support/webauthn.ts'

const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const ALGORITHMS = { ES256: -7, RS256: -257, EdDSA: -8 } as const

let server: TestServer
let admin: TestClient
let site: Server
let browser: Browser
let page: Page
let devtools: CDPSession

/** A page on localhost, which browsers take as a secure origin, with the clients in it. */
async function startSite(): Promise<Server> {
  const input = new URL('passkeyPage.ts', import.meta.url).pathname
  const bundle = await rolldown({ input, platform: 'browser', logLevel: 'silent' })
  const { output } = await bundle.generate({ format: 'iife', name: 'clients' })
  const { code } = output[0]
  const started = createServer((request, response) => {
    const isScript = request.url === '/clients.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? code : '<!doctype html><script src="/clients.js"></script>')
  })
  started.listen(0, 'localhost')
  await once(started, 'listening')
  return started
}

beforeAll(async () => {
  server = await startServer({ engine: 'sqlite' })
  admin = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
  site = await startSite()
  const executablePath = '/usr/bin/chromium'
  browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS })
  page = await browser.newPage()
  await page.goto(`http://localhost:${(site.address() as AddressInfo).port}/`)
  devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
})
afterAll(async () => {
  await browser.close()
  site.close()
  await server.dispose()
})

async function withAuthenticator<T>(
  protocol: 'ctap2' | 'u2f',
  use: (authenticatorId: string) => Promise<T>,
): Promise<T> {
  const isCtap2 = protocol === 'ctap2'
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol,
      transport: isCtap2 ? 'internal' : 'usb',
      hasResidentKey: isCtap2,
      hasUserVerification: isCtap2,
      isUserVerified: isCtap2,
      automaticPresenceSimulation: true,
    },
  })
  try {
    return await use(authenticatorId)
  } finally {
    await devtools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
  }
}

/** Calls a method of the browser client that stamps with a passkey. */
function call<T>(method: string, params: object, organizationId: string): Promise<T> {
  const config = {
    apiBaseUrl: server.url,
    defaultOrganizationId: organizationId,
    rpId: 'localhost',
  }
  return page.evaluate<T>(
    `new clients.Turnkey(${JSON.stringify(config)}).passkeyClient().${method}(${JSON.stringify(params)})`,
  )
}

interface Made {
  encodedChallenge: string
  attestation: { credentialId: string }
}

/** `authenticators[]` of a request, for a passkey that the browser makes now. */
async function makePasskey(authenticatorName: string, alg: number) {
  const publicKey = { pubKeyCredParams: [{ type: 'public-key', alg }] }
  const made = await call<Made>('createUserPasskey', { publicKey }, admin.organizationId)
  const { encodedChallenge: challenge, attestation } = made
  return { authenticatorName, challenge, attestation }
}

async function createOwned(authenticators: object[]) {
  const made = await admin.submit(
    'create_sub_organization',
    {
      subOrganizationName: 'browser',
      rootUsers: [{ userName: 'owner', apiKeys: [], authenticators, oauthProviders: [] }],
      rootQuorumThreshold: 1,
    },
    'CREATE_SUB_ORGANIZATION_V7',
  )
  const path = 'activity.result.createSubOrganizationResultV7'
  return {
    organizationId: made.at(`${path}.subOrganizationId`),
    userId: made.at(`${path}.rootUserIds.0`),
  }
}

/** Asks who calls, stamped by the published stamper with one of the browser's passkeys. */
async function whoami(organizationId: string, credentialId: string): Promise<Answer> {
  const body = JSON.stringify({ organizationId })
  const { stampHeaderValue } = await page.evaluate<{ stampHeaderValue: string }>(
    `new clients.WebauthnStamper({
       rpId: 'localhost',
       allowCredentials: [
         { type: 'public-key', id: Uint8Array.fromBase64('${credentialId}', { alphabet: 'base64url' }) },
       ],
     }).stamp(${JSON.stringify(body)})`,
  )
  return sendStamped(`${server.url}/public/v1/query/whoami`, body, stampHeaderValue)
}

describe('in Chromium', () => {
  test.each(Object.entries(ALGORITHMS))(
    'a user who has only an %s passkey does everything with it',
    (_name, alg) =>
      withAuthenticator('ctap2', async (authenticatorId) => {
        const first = await makePasskey('first', alg)
        const { organizationId, userId } = await createOwned([first])
        expect(await call('getWhoami', {}, organizationId)).toMatchObject({
          organizationId,
          userId,
          username: 'owner',
        })
        const account = {
          curve: 'CURVE_SECP256K1',
          pathFormat: 'PATH_FORMAT_BIP32',
          path: "m/44'/60'/0'/0/0",
          addressFormat: 'ADDRESS_FORMAT_ETHEREUM',
        }
        const { addresses } = await call<{ addresses: string[] }>(
          'createWallet',
          { walletName: 'mine', accounts: [account] },
          organizationId,
        )
        const signed = await call<{ r: string }>(
          'signRawPayload',
          {
            signWith: addresses[0],
            payload: 'hello',
            encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
            hashFunction: 'HASH_FUNCTION_KECCAK256',
          },
          organizationId,
        )
        expect(signed.r).toMatch(/^[0-9a-f]{64}$/)
        const second = await makePasskey('second', alg)
        // The first is the only one that the server knows: the browser must not choose the other.
        const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId })
        const held = credentials.find(
          ({ credentialId }) =>
            Buffer.from(credentialId, 'base64').toString('base64url') ===
            second.attestation.credentialId,
        )
        if (held === undefined) throw new Error('the browser holds the second passkey')
        await devtools.send('WebAuthn.removeCredential', {
          authenticatorId,
          credentialId: held.credentialId,
        })
        const { authenticatorIds } = await call<{ authenticatorIds: string[] }>(
          'createAuthenticators',
          { userId, authenticators: [second] },
          organizationId,
        )
        expect(authenticatorIds).toHaveLength(1)
        await devtools.send('WebAuthn.addCredential', { authenticatorId, credential: held })
        const list = await admin.query('get_authenticators', { organizationId, userId })
        const [known] = list.at<{ authenticatorId: string }[]>('authenticators')
        expect((await whoami(organizationId, second.attestation.credentialId)).status).toBe(200)
        await call(
          'deleteAuthenticators',
          { userId, authenticatorIds: [known?.authenticatorId] },
          organizationId,
        )
        const gone = await whoami(organizationId, first.attestation.credentialId)
        expect([gone.status, gone.at('message')]).toEqual([
          401,
          'credential ID could not be found in organization or its parent organization',
        ])
        const kept = await whoami(organizationId, second.attestation.credentialId)
        expect(kept.json).toMatchObject({ organizationId, userId })
      }),
  )

  test.each([
    ['ctap2', 'packed'],
    ['u2f', 'fido-u2f'],
  ] as const)('an authenticator of kind %s is attested by %s', (protocol, format) =>
    withAuthenticator(protocol, async () => {
      const made = await page.evaluate<Made['attestation'] & { challenge: string }>(`(async () => {
        const challenge = crypto.getRandomValues(new Uint8Array(32))
        const { rawId, response } = await navigator.credentials.create({
          publicKey: {
            rp: { id: 'localhost', name: 'test' },
            user: { id: challenge, name: 'test', displayName: 'test' },
            challenge,
            pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
            attestation: 'direct',
          },
        })
        const text = (bytes) => new Uint8Array(bytes).toBase64({ alphabet: 'base64url', omitPadding: true })
        return {
          challenge: text(challenge),
          credentialId: text(rawId),
          clientDataJson: text(response.clientDataJSON),
          attestationObject: text(response.attestationObject),
        }
      })()`)
      const { challenge, ...attestation } = made
      const authenticator = { authenticatorName: 'key', challenge, attestation }
      const { organizationId, userId } = await createOwned([authenticator])
      const list = await admin.query('get_authenticators', { organizationId, userId })
      expect(list.at('authenticators.0.attestationType')).toBe(format)
      expect((await whoami(organizationId, made.credentialId)).status).toBe(200)
    }),
  )
})

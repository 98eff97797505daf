// An instance that has everything data keys make, and what must be readable of it at any time.
import { sealMessage, uncompressPublicKey } from '@keystead/crypto/node'
import { expect } from 'vitest'
import { apiKeyParams, type Answer, generateKey } from '../../../../tests/support/client.ts'
import { invitationParams } from '../../../../tests/support/invitee.ts'
import type { App } from '../../src/app.ts'
import { findActivity } from '../../src/domain/activity/activity.store.ts'
import { findImportKey } from '../../src/domain/keyvault/importKey.store.ts'
import { openImport } from '../../src/domain/keyvault/importKeys.ts'
import { openBody } from '../../src/domain/webhook/event.ts'
import { listWaitingMail } from '../../src/host/waitingMail.ts'
import { readProgress } from '../../src/host/rotation.ts'
import { showSecret } from '../../src/host/webhooks.ts'
import { createRotation, type Rotation } from '../../src/jobs/rotation.ts'
import { signedBody } from '../../src/pipeline/bodies.ts'
import type { Clock } from '../../src/platform/clock.ts'
import type { Reader } from '../../src/store/engine.ts'
import { accountParams, adminClient, AppClient, createWallet, signBody } from '../support/client.ts'
import type { Instance } from '../support/instance.ts'
import { setWebhook } from '../support/webhooks.ts'

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2lnbmF0dXJl'
const WEBHOOK = 'https://receiver.example/events'

/** What the instance signs with, and what came of it before any rotation. */
export interface Furniture {
  signers: string[]
  signatures: string[]
  /** The secret shared with the receiver of webhooks. */
  secret: string
  /** That of the entry of its one mail. */
  mailSeq: number
}

/** Fills every column that a data key seals or authenticates. */
export async function furnish(instance: Instance): Promise<Furniture> {
  const { app } = instance
  const admin = adminClient(app, instance.admin)
  const { walletId, address } = await createWallet(admin, 'rotated')
  await done(admin.submit('create_wallet_accounts', { walletId, accounts: [accountParams(1)] }))
  const key = { curve: 'CURVE_SECP256K1', privateKeyTags: [], addressFormats: [] }
  const privateKeys = [{ privateKeyName: 'rotated', ...key }]
  const made = await done(
    admin.submit('create_private_keys', { privateKeys }, 'CREATE_PRIVATE_KEYS_V2'),
  )
  const keyId = made.at('activity.result.createPrivateKeysResultV2.privateKeys.0.privateKeyId')
  const listed = await admin.query('list_wallet_accounts')
  const signers = [address, listed.at('accounts.1.walletAccountId'), keyId]
  const { userId } = instance.admin
  await done(admin.submit('init_import_wallet', { userId }))
  await setWebhook(admin, WEBHOOK)
  const invitations = [invitationParams(instance.admin.userId)]
  await done(admin.submit('create_invitations', { invitations }))
  await holdBelow(admin)
  const signatures = await signatureOfEach(admin, signers)
  const [mail] = await instance.rows<{ seq: number }>(`select seq from outbox where lane = 'mail'`)
  const secret = await showSecret(app, admin.organizationId)
  return { signers, signatures, secret, mailSeq: mail?.seq ?? 0 }
}

/** A sub-organization of two who must agree, and one of them asks for something with a token. */
async function holdBelow(admin: AppClient): Promise<void> {
  const keys = [generateKey(), generateKey()] as const
  const rootUsers = keys.map((key) => ({ userName: 'root', apiKeys: [apiKeyParams(key)] }))
  const params = { subOrganizationName: 'below', rootUsers, rootQuorumThreshold: 2 }
  const made = await done(
    admin.submit('create_sub_organization', params, 'CREATE_SUB_ORGANIZATION_V8'),
  )
  const id = made.at('activity.result.createSubOrganizationResultV8.subOrganizationId')
  const oauthProviders = [{ providerName: 'p', oidcToken: TOKEN }]
  const users = [{ userName: 'u', oauthProviders }]
  const below = new AppClient(admin.app, keys[0], id)
  await done(below.submit('create_users', { users }, 'CREATE_USERS_V4'))
}

async function done(answer: Promise<Answer>): Promise<Answer> {
  const { status, text } = await answer
  if (status !== 200) throw new Error(text)
  return answer
}

function signatureOfEach(client: AppClient, signers: readonly string[]): Promise<string[]> {
  return Promise.all(
    signers.map(async (signer) => {
      const body = signBody(client, signer, 'the same before and after')
      const signed = await done(client.send('submit/sign_raw_payload', body))
      const { r, s, v } = signed.at<Record<string, string>>('activity.result.signRawPayloadResult')
      return `${r}${s}${v}`
    }),
  )
}

/** Reads all that was ever sealed, through a process that knows nothing yet. */
export async function readEverything(
  instance: Instance,
  { signers, signatures, secret }: Furniture,
  app?: App,
): Promise<void> {
  const reading = app ?? (await instance.openApp())
  const { deps, store } = reading
  const admin = adminClient(reading, instance.admin)
  expect(await signatureOfEach(admin, signers)).toEqual(signatures)
  const accounts = await done(admin.query('list_wallet_accounts'))
  expect(accounts.at<unknown[]>('accounts').length).toBeGreaterThan(1)
  expect(await listWaitingMail(reading)).toHaveLength(1)
  expect(await showSecret(reading, instance.organizationId)).toBe(secret)
  const events = await instance.rows<{ id: string; organization_id: string; body_sealed: Buffer }>(
    'select id, organization_id, body_sealed from webhook_event',
  )
  expect(events.length).toBeGreaterThan(1)
  for (const event of events) {
    const body = await deps.keyvault.withDataKey(store.reader, event.organization_id, (dataKey) =>
      openBody(dataKey, event),
    )
    expect(body.toString()).toContain('"seq"')
  }
  const importing = { organizationId: instance.organizationId, kind: 'wallet' as const }
  const importKey = await findImportKey(store.reader, {
    ...importing,
    userId: instance.admin.userId,
  })
  if (importKey === undefined) throw new Error('the import key is gone')
  const message = sealMessage(uncompressPublicKey('p256', importKey.public_key), Buffer.from('m'))
  const imported = await deps.keyvault.withDataKey(
    store.reader,
    importing.organizationId,
    (dataKey) => openImport(dataKey, importKey, message),
  )
  expect(imported?.read().toString()).toBe('m')
  const held = await instance.rows<{ id: string; organization_id: string }>(
    'select id, organization_id from activity where sealed_body is not null',
  )
  expect(held).toHaveLength(1)
  for (const { id, organization_id } of held) {
    const activity = await findActivity(store.reader, organization_id, id)
    if (activity === undefined) throw new Error('the held activity is gone')
    expect((await signedBody(deps, activity)).toString()).toContain(TOKEN)
  }
  for (const { organization_id } of await organizations(instance)) {
    expect(await deps.directory.refresh(organization_id)).toBeDefined()
  }
  expect(await instance.problems()).toEqual([])
}

export function organizations(instance: Instance) {
  return instance.rows<{ organization_id: string }>('select organization_id from organization')
}

/** Nothing is left under an older key, and no older key is left. */
export async function expectComplete(reader: Reader): Promise<void> {
  expect(await readProgress(reader)).toMatchObject({
    rootKey: { dataKeysLeft: 0, replacing: false },
    dataKeys: { toRotate: 0, toRewrap: 0 },
  })
}

/** The jobs of rotation in the process of `app`. */
export function rotationOfApp(app: App, clock: Clock, holder = 'test'): Rotation {
  return createRotation({ ...app.deps, store: app.store, clock, holder, rotationDays: null })
}

// A real OpenID provider for tests: `oidc-provider`, through its authorization code flow.
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import Provider, { type Configuration } from 'oidc-provider'

const REDIRECT = 'https://app.example.com/callback'

/** Who signs in, with whatever claims the provider is to state. */
interface Account {
  sub: string
  email?: string
  email_verified?: boolean
}

export interface Issuer {
  /** As tokens name it. */
  url: string
  /** The application's id: the audience of its tokens. */
  clientId: string
  /** The private key that signs now, with its `kid`. */
  key(): JWK
  /** How often each path was asked, such as `/jwks`. */
  requests: Map<string, number>
  /** Signs in, and returns the ID token. */
  signIn(account: Account): Promise<string>
  /** Replaces the signing key. */
  rotate(): Promise<void>
  /** Answers requests itself, before the provider; true when it did. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean
  close(): Promise<void>
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const kid = randomBytes(6).toString('hex')
  return { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' }
}

export async function startIssuer(): Promise<Issuer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const accounts = new Map<string, Account>()
  let key = await newKey()
  let provider = createProvider(url, key, accounts)
  const issuer: Issuer = {
    url,
    clientId: 'test-app',
    key: () => key,
    requests: new Map(),
    async signIn(account) {
      accounts.set(account.sub, account)
      return new SignIn(url).run(account.sub)
    },
    async rotate() {
      key = await newKey()
      provider = createProvider(url, key, accounts)
    },
    intercept: () => false,
    close: () => closeServer(server),
  }
  server.on('request', (request, response) => {
    const path = new URL(request.url ?? '', url).pathname
    issuer.requests.set(path, (issuer.requests.get(path) ?? 0) + 1)
    if (issuer.intercept(request, response)) return
    if (path.startsWith('/interaction/')) void finish(provider, request, response)
    else void provider.callback()(request, response)
  })
  return issuer
}

/** Whoever is asked to sign in is signed in: the name comes as the hint of the request. */
async function finish(provider: Provider, request: IncomingMessage, response: ServerResponse) {
  const { params } = await provider.interactionDetails(request, response)
  const login = { accountId: String(params['login_hint']) }
  await provider.interactionFinished(request, response, { login })
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}

function createProvider(url: string, key: JWK, accounts: ReadonlyMap<string, Account>): Provider {
  const configuration: Configuration = {
    clients: [
      {
        client_id: 'test-app',
        redirect_uris: [REDIRECT],
        token_endpoint_auth_method: 'none',
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    jwks: { keys: [key] } as NonNullable<Configuration['jwks']>,
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['test'] },
    ttl: { Interaction: 60, Grant: 60, Session: 60, AccessToken: 60, IdToken: 3600 },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({ ...accounts.get(id), sub: id }),
    }),
    async loadExistingGrant({ oidc: { client, session } }) {
      const provided = new provider.Grant({
        clientId: client?.clientId ?? '',
        accountId: session?.accountId ?? '',
      })
      provided.addOIDCScope('openid email')
      await provided.save()
      return provided
    },
  }
  const provider = new Provider(url, configuration)
  return provider
}

/** A browser at the provider, as far as signing in needs one: cookies and redirects. */
class SignIn {
  readonly #issuer: string
  readonly #cookies = new Map<string, string>()

  constructor(issuer: string) {
    this.#issuer = issuer
  }

  async run(sub: string): Promise<string> {
    const verifier = randomBytes(32).toString('base64url')
    const start = new URL('/auth', this.#issuer)
    start.search = new URLSearchParams({
      client_id: 'test-app',
      response_type: 'code',
      redirect_uri: REDIRECT,
      scope: 'openid email',
      login_hint: sub,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }).toString()
    const code = await this.#follow(start)
    const response = await fetch(new URL('/token', this.#issuer), {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'test-app',
        redirect_uri: REDIRECT,
        code_verifier: verifier,
        code,
      }),
    })
    const { id_token: token } = (await response.json()) as { id_token?: string }
    if (token === undefined) throw new Error(`no ID token: ${response.status}`)
    return token
  }

  /** Follows redirects up to the application's, and returns its code. */
  async #follow(start: URL): Promise<string> {
    let url = start
    for (let step = 0; step < 10; step++) {
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        if (value === '') this.#cookies.delete(name)
        else this.#cookies.set(name, value)
      }
      url = new URL(response.headers.get('location') ?? 'nowhere:', url)
      const code = url.searchParams.get('code')
      if (code !== null) return code
    }
    throw new Error(`not signed in: ${url.href}`)
  }
}

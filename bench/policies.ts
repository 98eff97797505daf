// What policies cost: the same signing requests with none, with few, and with many.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generatePrivateKey, publicKeyOf } from '@keystead/crypto/node'
import { type Engine, freshDatabase, launch } from './contestants.ts'
import { treeCpuMs } from './cpu.ts'
import { type Admin, type Caller, callerOfNewOrganization, submit } from './requests.ts'
import { Load, type Measured, of } from './rounds.ts'

const ROUNDS = 9
const SECONDS = 2
const REQUESTS_A_SECOND = 12_000
const CONNECTIONS = 64
/** What the row may cost at most, against its first. */
const MOST = 1.3

interface Policy {
  effect: 'EFFECT_ALLOW' | 'EFFECT_DENY'
  consensus: string
  condition: string
  limits?: object[]
}

/** Others that organizations have: none of them is about what the load sends. */
const OTHERS: readonly ((n: number) => Pick<Policy, 'effect' | 'condition'>)[] = [
  (n) => ({
    effect: 'EFFECT_ALLOW',
    condition: `eth.tx.to == '0x${n.toString(16).padStart(40, '0')}' && eth.tx.value < ${n}`,
  }),
  (n) => ({ effect: 'EFFECT_ALLOW', condition: `wallet.label == 'wallet ${n}'` }),
  (n) => ({
    effect: 'EFFECT_DENY',
    condition: `activity.resource == 'WALLET' && activity.action == 'EXPORT' && wallet.label != 'wallet ${n}'`,
  }),
  (n) => ({
    effect: 'EFFECT_DENY',
    condition: `activity.type == 'ACTIVITY_TYPE_DELETE_USERS' && activity.params.user_ids.count() > ${n}`,
  }),
]

/** The policies that let `userId` sign, and others besides. */
function policiesFor(userId: string, condition: string, count: number): Policy[] {
  const consensus = `approvers.any(user, user.id == '${userId}')`
  const others = Array.from({ length: count - 1 }, (_, n) => {
    const other = OTHERS[n % OTHERS.length]
    if (other === undefined) throw new Error('there are no other policies')
    return { ...other(n), consensus }
  })
  return [...others, { effect: 'EFFECT_ALLOW', consensus, condition }]
}

const LIMIT = {
  measure: 'LIMIT_MEASURE_SIGNATURES',
  per: 'LIMIT_PER_ORGANIZATION',
  window: { rollingSeconds: '86400' },
  max: '1000000000',
}

interface Row {
  name: string
  signsTransactions: boolean
  /** Null: the root user signs, whom no policy concerns. */
  policies: ((userId: string) => Policy[]) | null
}

const SIGNS = "activity.action == 'SIGN'"
const TRANSFERS = "eth.tx.chain_id == 1 && eth.tx.data[0..10] == '0xa9059cbb' && eth.tx.value == 0"

const withPolicies = (count: number, condition: string) => (userId: string) =>
  policiesFor(userId, condition, count)

const withLimit = (userId: string): Policy[] => [
  ...policiesFor(userId, SIGNS, 1),
  { effect: 'EFFECT_DENY', consensus: '', condition: SIGNS, limits: [LIMIT] },
]

/** Each against the first of its kind. */
const ROWS: readonly (readonly Row[])[] = [
  [
    { name: 'digest, no policy', signsTransactions: false, policies: null },
    { name: 'digest, 1 policy', signsTransactions: false, policies: withPolicies(1, SIGNS) },
    { name: 'digest, 10 policies', signsTransactions: false, policies: withPolicies(10, SIGNS) },
    { name: 'digest, 100 policies', signsTransactions: false, policies: withPolicies(100, SIGNS) },
    { name: 'digest, a limit', signsTransactions: false, policies: withLimit },
  ],
  [
    { name: 'transaction, no policy', signsTransactions: true, policies: null },
    {
      name: 'transaction, 1 policy',
      signsTransactions: true,
      policies: withPolicies(1, TRANSFERS),
    },
    {
      name: 'transaction, 100 policies',
      signsTransactions: true,
      policies: withPolicies(100, TRANSFERS),
    },
  ],
]

/** A caller in an organization of its own with the policies of the row. */
async function prepare(url: string, admin: Admin, row: Row): Promise<Caller> {
  const { signsTransactions } = row
  const root = await callerOfNewOrganization(url, admin, 0)
  if (row.policies === null) return { ...root, signsTransactions }
  const owner: Admin = {
    organizationId: root.organizationId,
    apiPublicKey: root.publicKey,
    apiPrivateKey: root.privateKey,
  }
  const privateKey = generatePrivateKey('p256')
  const publicKey = publicKeyOf('p256', privateKey).toString('hex')
  const apiKeys = [{ apiKeyName: 'bench', publicKey, curveType: 'API_KEY_CURVE_P256' }]
  const made = await submit({ url, admin: owner }, 'CREATE_USERS_V3', {
    users: [{ userName: 'signer', apiKeys, authenticators: [], oauthProviders: [], userTags: [] }],
  })
  const { userIds } = made['createUsersResult'] as { userIds: string[] }
  const policies = row
    .policies(userIds[0] ?? '')
    .map((policy, n) => ({ policyName: `policy ${n}`, notes: '', ...policy }))
  await submit({ url, admin: owner }, 'CREATE_POLICIES', { policies })
  return { ...root, publicKey, privateKey: privateKey.toString('hex'), signsTransactions }
}

/** Prints, for both engines, what each row costs against the first of its kind. */
export async function runPolicies(postgres: { url: string; pid: number }): Promise<void> {
  console.log(`policies: median of ${ROUNDS} alternating rounds; ${CONNECTIONS} connections`)
  console.log('engine    requests to sign                µs  ratio  most')
  for (const engine of ['sqlite', 'postgres'] as const) await runEngine(engine, postgres)
}

async function runEngine(engine: Engine, postgres: { url: string; pid: number }): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'keystead-policies-'))
  const database = engine === 'postgres' ? await freshDatabase(postgres.url, 'policies') : null
  const env = {
    ...process.env,
    ...(database === null ? {} : { KEYSTEAD_DATABASE_URL: database }),
  }
  const server = await launch(['bin/keystead.js', 'serve', '--port', '0', '--data', data], env)
  const admin = JSON.parse(readFileSync(join(data, 'admin.json'), 'utf8')) as Admin
  const load = new Load()
  try {
    const roots = database === null ? [server.pid] : [server.pid, postgres.pid]
    const requests = SECONDS * REQUESTS_A_SECOND
    const job = { port: server.port, connections: CONNECTIONS, seconds: SECONDS, requests }
    const measure = (caller: Caller) =>
      load.round({ ...job, callers: [caller] }, () => treeCpuMs(roots))
    const url = `http://127.0.0.1:${server.port}`
    for (const rows of ROWS) await runRows({ engine, url, admin, measure }, rows)
  } finally {
    load.stop()
    await server.stop()
    rmSync(data, { recursive: true, force: true })
  }
}

interface Arena {
  engine: Engine
  url: string
  admin: Admin
  measure(caller: Caller): Promise<Measured>
}

async function runRows(arena: Arena, rows: readonly Row[]): Promise<void> {
  const contests: { name: string; caller: Caller; measured: Measured[] }[] = []
  for (const row of rows) {
    const caller = await prepare(arena.url, arena.admin, row)
    contests.push({ name: row.name, caller, measured: [] })
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { caller, measured } of contests) measured.push(await arena.measure(caller))
  }
  const us = contests.map(({ measured }) => of(measured, 'treeUs'))
  contests.forEach(({ name }, at) =>
    console.log(line(arena.engine, name, [us[at] ?? 0, us[0] ?? 0])),
  )
}

function line(engine: Engine, name: string, [us, base]: [number, number]): string {
  const ratio = us / base
  const most = ratio === 1 ? 1 : MOST
  return `${engine.padEnd(9)} ${name.padEnd(28)} ${us.toFixed(0).padStart(6)} ${ratio.toFixed(2).padStart(6)}  ${most}`
}

// The first minute of a new user: a server starts, says who I am, makes a wallet and signs.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminKey, TestClient } from '../support/client.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

describe.each(engines)('a new instance on %s', (engine) => {
  let server: TestServer
  let admin: TestClient

  beforeAll(async () => {
    server = await startServer({ engine })
    admin = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
  })
  afterAll(() => server.dispose())

  test('knows its admin, makes a wallet and signs with it', async () => {
    const who = await admin.query('whoami')
    expect(who).toMatchObject({ status: 200, json: { userId: server.admin.userId } })
    const account = {
      curve: 'CURVE_SECP256K1',
      pathFormat: 'PATH_FORMAT_BIP32',
      path: "m/44'/60'/0'/0/0",
      addressFormat: 'ADDRESS_FORMAT_ETHEREUM',
    }
    const made = await admin.submit('create_wallet', { walletName: 'first', accounts: [account] })
    expect(made).toMatchObject({ status: 200, contentType: 'application/json' })
    const signWith = made.at('activity.result.createWalletResult.addresses.0')
    const signed = await admin.submit(
      'sign_raw_payload',
      {
        signWith,
        payload: 'hello',
        encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
        hashFunction: 'HASH_FUNCTION_KECCAK256',
      },
      'SIGN_RAW_PAYLOAD_V2',
    )
    expect(signed.at('activity.result.signRawPayloadResult.r')).toMatch(/^[0-9a-f]{64}$/)
  })
})

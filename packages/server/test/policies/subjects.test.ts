// What policies see of a request: the transaction, the typed data, the key, the parameters.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type AppClient, createWallet, type TestUser } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { allow, createOwner, deny, EXPLICIT, IMPLICIT, outcome } from './world.ts'

/** EIP-1559, to 0x…dEaD, of 1 wei. */
const TRANSACTION =
  '02e70180843b9aca00847735940082520894000000000000000000000000000000000000dead0180c0'
/** The same, of 127 wei. */
const LARGE = '02e70180843b9aca00847735940082520894000000000000000000000000000000000000dead7f80c0'

const typedData = (primaryType: string) =>
  JSON.stringify({
    domain: { name: 'Shop', chainId: 1 },
    primaryType,
    types: {
      EIP712Domain: [
        { name: 'name', type: 'string' },
        { name: 'chainId', type: 'uint256' },
      ],
      Order: [{ name: 'amount', type: 'uint256' }],
      Permit: [{ name: 'amount', type: 'uint256' }],
    },
    message: { amount: '5' },
  })

describe.each(engines)('a policy on %s', (engine) => {
  let instance: Instance
  let owner: AppClient
  let user: TestUser
  let wallet: { walletId: string; address: string }
  beforeAll(async () => {
    instance = await openInstance(engine)
  })
  afterAll(() => instance.dispose())
  beforeEach(async () => {
    owner = await createOwner(instance)
    user = await owner.createUser('user')
    wallet = await createWallet(owner, 'hot')
  })

  const transact = async (unsignedTransaction: string, signWith = wallet.address) => {
    const params = { signWith, unsignedTransaction, type: 'TRANSACTION_TYPE_ETHEREUM' }
    return outcome(await user.client.submit('sign_transaction', params, 'SIGN_TRANSACTION_V2'))
  }
  const EIP712 = { encoding: 'PAYLOAD_ENCODING_EIP712', hashFunction: 'HASH_FUNCTION_NO_OP' }
  const HEX = { encoding: 'PAYLOAD_ENCODING_HEXADECIMAL', hashFunction: 'HASH_FUNCTION_KECCAK256' }
  const signOne = async (payload: string, how: object, signWith = wallet.address) => {
    const params = { signWith, payload, ...how }
    return outcome(await user.client.submit('sign_raw_payload', params, 'SIGN_RAW_PAYLOAD_V2'))
  }
  const signMany = async (payloads: string[], how: object) => {
    const params = { signWith: wallet.address, payloads, ...how }
    return outcome(await user.client.submit('sign_raw_payloads', params))
  }

  test('about a transaction sees where it goes, how much it moves and who sends it', async () => {
    await allow(owner, {
      condition: `eth.tx.to == '0x000000000000000000000000000000000000dEaD' && eth.tx.value <= 1
        && eth.tx.from == '${wallet.address}' && eth.tx.chain_id == 1`,
    })
    expect(await transact(TRANSACTION)).toBe('COMPLETED')
    expect(await transact(LARGE)).toBe(IMPLICIT)
    expect(await transact(TRANSACTION.slice(0, -2))).not.toBe('COMPLETED')
  })

  test('about a transaction does not catch the same bytes as a raw payload, one about those does', async () => {
    await allow(owner, {})
    await deny(owner, { condition: 'eth.tx.value > 1' })
    expect(await transact(LARGE)).toBe(EXPLICIT)
    expect(await transact(TRANSACTION)).toBe('COMPLETED')
    expect(await signOne(LARGE, HEX)).toBe('COMPLETED')
    await deny(owner, {
      condition:
        "activity.action == 'SIGN' && activity.type != 'ACTIVITY_TYPE_SIGN_TRANSACTION_V2'",
    })
    expect(await signOne(LARGE, HEX)).toBe(EXPLICIT)
    expect(await signMany([LARGE], HEX)).toBe(EXPLICIT)
    expect(await transact(TRANSACTION)).toBe('COMPLETED')
  })

  test('about typed data is asked about every payload, and the worst decides', async () => {
    await allow(owner, { condition: "eth.eip_712.primary_type in ['Order', 'Permit']" })
    await deny(owner, {
      condition: "eth.eip_712.primary_type == 'Permit' && eth.eip_712.message['amount'] == 5",
    })
    const [order, permit] = [typedData('Order'), typedData('Permit')]
    expect(await signOne(order, EIP712)).toBe('COMPLETED')
    expect(await signOne(permit, EIP712)).toBe(EXPLICIT)
    expect(await signMany([order, order], EIP712)).toBe('COMPLETED')
    expect(await signMany([order, permit, order], EIP712)).toBe(EXPLICIT)
    expect(await signOne(order, HEX)).toBe(IMPLICIT)
  })

  test('about typed data that allows one kind does not allow it along with another', async () => {
    await allow(owner, { condition: "eth.eip_712.primary_type == 'Order'" })
    const [order, permit] = [typedData('Order'), typedData('Permit')]
    expect(await signMany([order, permit], EIP712)).toBe(IMPLICIT)
    expect(await signMany([order], EIP712)).toBe('COMPLETED')
  })

  test('about a wallet or an account is about what signs with it', async () => {
    const cold = await createWallet(owner, 'cold')
    await allow(owner, { condition: `wallet.id == '${wallet.walletId}'` })
    await allow(owner, { condition: `wallet_account.address == '${cold.address.toLowerCase()}'` })
    await deny(owner, { condition: "wallet.label == 'cold' && activity.action != 'SIGN'" })
    expect(await signOne('00', HEX)).toBe('COMPLETED')
    expect(await signOne('00', HEX, cold.address)).toBe('COMPLETED')
    const rename = async (walletId: string) => {
      const params = { walletId, walletName: crypto.randomUUID() }
      return outcome(await user.client.submit('update_wallet', params))
    }
    expect(await rename(cold.walletId)).toBe(EXPLICIT)
    expect(await rename(wallet.walletId)).toBe('COMPLETED')
    const third = await createWallet(owner, 'third')
    expect(await signOne('00', HEX, third.address)).toBe(IMPLICIT)
  })

  test('about a private key sees its tags as they are now', async () => {
    const privateKeys = [
      {
        privateKeyName: 'key',
        curve: 'CURVE_SECP256K1',
        addressFormats: ['ADDRESS_FORMAT_ETHEREUM'],
      },
    ]
    const made = await owner.submit(
      'create_private_keys',
      { privateKeys },
      'CREATE_PRIVATE_KEYS_V2',
    )
    const keyId = made.at('activity.result.createPrivateKeysResultV2.privateKeys.0.privateKeyId')
    const tag = { privateKeyTagName: 'payments', privateKeyIds: [keyId] }
    const tagged = await owner.submit('create_private_key_tag', tag)
    const tagId = tagged.at('activity.result.createPrivateKeyTagResult.privateKeyTagId')
    await allow(owner, { condition: `private_key.tags.contains('${tagId}')` })
    expect(await signOne('00', HEX, keyId)).toBe('COMPLETED')
    expect(await transact(TRANSACTION, keyId)).toBe('COMPLETED')
    expect(await signOne('00', HEX)).toBe(IMPLICIT)
    await owner.submit('delete_private_key_tags', { privateKeyTagIds: [tagId] })
    expect(await signOne('00', HEX, keyId)).toBe(IMPLICIT)
  })

  test('about parameters sees them under their published names', async () => {
    const { userId } = await owner.createUser('temporary')
    const { userId: other } = await owner.createUser('other')
    await allow(owner, {
      condition: `activity.type == 'ACTIVITY_TYPE_DELETE_USERS'
        && activity.params.user_ids.count() == 1 && '${userId}' in activity.params.user_ids`,
    })
    const remove = async (userIds: string[]) =>
      outcome(await user.client.submit('delete_users', { userIds }))
    expect(await remove([other])).toBe(IMPLICIT)
    expect(await remove([userId, other])).toBe(IMPLICIT)
    expect(await remove([userId.toUpperCase()])).toBe('COMPLETED')
  })
})

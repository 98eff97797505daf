// What policies and limits are told of Tron transactions: the published examples decide on it.
import { utils } from 'tronweb'
import { describe, expect, test } from 'vitest'
import { decide, type Policy, preparePolicy } from '@keystead/policy'
import { parseTron } from '../../src/domain/transaction/tron.ts'

const signer = { publicKey: Buffer.alloc(33), addressFormat: null }
const OWNER = 'TWer2Ygk5TEheHp3TPuYeqxmB6SsGZmaL6'
const TETHER = 'TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf'
const toHex = (address: string) => utils.address.toHex(address)
const owned = { owner_address: toHex(OWNER) }
const header = {
  ref_block_bytes: '4ef5',
  ref_block_hash: '3d9b5c4a7e1f2a60',
  expiration: 1_746_736_569_954,
  timestamp: 1_746_736_509_954,
}

/** Built by tronweb, read by the server. */
function transactionOf(type: string, value: object, raw: object = {}) {
  const contract = { type, parameter: { value: { ...owned, ...value } } }
  const json = { raw_data: { ...header, ...raw, contract: [contract] }, visible: false }
  const message: unknown = utils.transaction.txJsonToPb(json)
  const parsed = parseTron(Buffer.from(utils.transaction.txPbToRawDataHex(message), 'hex'))
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.transaction
}

const transfer = (amount: number) =>
  transactionOf('TransferContract', { to_address: toHex(TETHER), amount })
const call = (data: string, contract = TETHER) =>
  transactionOf(
    'TriggerSmartContract',
    { contract_address: toHex(contract), data, call_value: 9 },
    { data: '6d656d6f', fee_limit: 150_000_000 },
  )
const stake = transactionOf('FreezeBalanceV2Contract', { frozen_balance: 5, resource: 'ENERGY' })

function factsOf(transaction: ReturnType<typeof transfer>) {
  const { tron } = transaction.facts(signer)
  return typeof tron?.tx === 'function' ? tron.tx() : tron?.tx
}

const common = {
  ref_block_bytes: '4ef5',
  ref_block_hash: '3d9b5c4a7e1f2a60',
  expiration: 1_746_736_569_954n,
  timestamp: 1_746_736_509_954n,
}

describe('policies are told of', () => {
  test('a transfer, without what only calls have', () => {
    expect(factsOf(transfer(1_000_000))).toEqual({
      ...common,
      data: '',
      fee_limit: 0n,
      contract: [
        {
          type: 'TransferContract',
          permission_id: 0n,
          owner_address: OWNER,
          to_address: TETHER,
          amount: 1_000_000n,
        },
      ],
    })
  })

  test('a call, with 0 for what it leaves out, and the memo in hexadecimal', () => {
    expect(factsOf(call('a9059cbb'))).toEqual({
      ...common,
      data: '6d656d6f',
      fee_limit: 150_000_000n,
      contract: [
        {
          type: 'TriggerSmartContract',
          permission_id: 0n,
          owner_address: OWNER,
          contract_address: TETHER,
          call_value: 9n,
          data: 'a9059cbb',
          call_token_value: 0n,
          token_id: 0n,
        },
      ],
    })
  })

  test('another contract its type and its owner', () => {
    expect(factsOf(stake)?.contract).toEqual([
      { type: 'FreezeBalanceV2Contract', permission_id: 0n, owner_address: OWNER },
    ])
  })
})

describe('the published examples', () => {
  const trc20 = `tron.tx.contract[0].contract_address == '${TETHER}' && tron.tx.contract[0].data[0..8] == 'a9059cbb'`
  const below = 'tron.tx.contract[0].amount < 10000000'
  const transfers = "tron.tx.contract[0].type == 'TransferContract'"

  test.each([
    ['a TRC-20 transfer', trc20, call('a9059cbb00'), 'allow'],
    ['a TRC-20 transfer of another token', trc20, call('a9059cbb00', OWNER), 'denyImplicit'],
    ['an approval', trc20, call('095ea7b300'), 'denyImplicit'],
    ['a transfer in place of a TRC-20 transfer', trc20, transfer(1), 'denyImplicit'],
    ['less than 10 TRX', below, transfer(9_999_999), 'allow'],
    ['10 TRX', below, transfer(10_000_000), 'denyImplicit'],
    ['a call in place of less than 10 TRX', below, call('a9059cbb'), 'denyImplicit'],
    ['a stake in place of less than 10 TRX', below, stake, 'denyImplicit'],
    ['any transfer', transfers, transfer(10_000_000), 'allow'],
    ['a stake in place of a transfer', transfers, stake, 'denyImplicit'],
  ])('%s', (...row) => {
    const [, condition, transaction, outcome] = row
    const prepared = preparePolicy({ id: 'example', effect: 'allow', condition, consensus: null })
    if (!prepared.ok) throw new Error(prepared.error.message)
    const policies: Policy[] = [prepared.policy]
    const context = transaction.facts(signer)
    expect(decide(policies, { context, approvers: [], users: [] }).outcome).toBe(outcome)
  })
})

describe('limits are told of', () => {
  test.each([
    ['a transfer', transfer(7), [{ destination: TETHER, amount: 7n }]],
    ['a call that carries TRX', call('a9059cbb'), [{ destination: TETHER, amount: 9n }]],
    ['a stake, which stays with its owner', stake, []],
    [
      'a TRC-10 transfer, which moves no TRX',
      transactionOf('TransferAssetContract', {
        to_address: toHex(TETHER),
        asset_name: '31',
        amount: 5,
      }),
      [],
    ],
    [
      'a new contract: an unknown amount',
      transactionOf('CreateSmartContract', { bytecode: '00', call_value: 5, name: 'x' }),
      null,
    ],
    [
      'an exchange: an unknown amount',
      transactionOf('ExchangeInjectContract', { exchange_id: 1, token_id: '5f', quant: 5 }),
      null,
    ],
    [
      'another key for the account: an unknown amount',
      transactionOf('AccountPermissionUpdateContract', {}),
      null,
    ],
  ])('%s', (_what, transaction, to) => {
    expect(transaction.moves(signer)).toEqual({ measure: 'sun', to })
  })
})

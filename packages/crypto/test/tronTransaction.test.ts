// Tron transactions: parsed as tronweb reads them, hashed and signed as it does.
import fc from 'fast-check'
import { TronWeb, utils } from 'tronweb'
import { describe, expect, test } from 'vitest'
import {
  encodeAddress,
  parseTronTransaction,
  publicKeyOf,
  signSecp256k1,
  type TronTransaction,
} from '../src/node/index.ts'
import { contractOf, encodeRawData, field, integer, owner, rawOf, to } from './tronEncode.ts'
import { build, builtTypes, decode, parsed, rawDataOf, reencode } from './tronSamples.ts'
import { hex } from './vectors.ts'

const key = hex('11'.repeat(32))
const from = encodeAddress('tron', 'secp256k1', publicKeyOf('secp256k1', key))
const tether = 'TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf'
const header = {
  ref_block_bytes: '4ef5',
  ref_block_hash: '3d9b5c4a7e1f2a60',
  expiration: 1_746_736_569_954,
  timestamp: 1_746_736_509_954,
}

// Nothing listens there: what tronweb builds in these tests, it builds without a node.
const tronWeb = new TronWeb({ fullHost: 'http://127.0.0.1:1' })
const builder = tronWeb.transactionBuilder

const bytesOf = ({ raw_data_hex }: { raw_data_hex: string }) => hex(raw_data_hex)

test('a transfer of TRX under a permission', async () => {
  const built = await builder.sendTrx(tether, 1_000_000, from, {
    blockHeader: header,
    permissionId: 2,
  })
  expect(parsed(bytesOf(built))).toEqual({
    refBlockBytes: hex('4ef5'),
    refBlockHash: hex('3d9b5c4a7e1f2a60'),
    expiration: 1_746_736_569_954n,
    timestamp: 1_746_736_509_954n,
    data: Buffer.alloc(0),
    feeLimit: 0n,
    contract: {
      type: 'TransferContract',
      permissionId: 2n,
      ownerAddress: from,
      transfer: { toAddress: tether, amount: 1_000_000n },
      call: null,
    },
    signingHash: hex(built.txID),
    assemble: expect.any(Function) as unknown,
  })
})

test('a TRC-20 transfer, with a fee limit', async () => {
  const { transaction } = await builder.triggerSmartContract(
    tether,
    'transfer(address,uint256)',
    { txLocal: true, feeLimit: 150_000_000, callValue: 0, blockHeader: header },
    [
      { type: 'address', value: from },
      { type: 'uint256', value: 5 },
    ],
    from,
  )
  const read = parsed(bytesOf(transaction))
  const argument = utils.address.toHex(from).slice(2).toLowerCase().padStart(64, '0')
  expect(read).toMatchObject({ feeLimit: 150_000_000n, signingHash: hex(transaction.txID) })
  expect(read.contract).toEqual({
    type: 'TriggerSmartContract',
    permissionId: 0n,
    ownerAddress: from,
    transfer: null,
    call: {
      contractAddress: tether,
      callValue: 0n,
      data: hex(`a9059cbb${argument}${'5'.padStart(64, '0')}`),
      callTokenValue: 0n,
      tokenId: 0n,
    },
  })
})

test('a call that carries TRX and a TRC-10 token', () => {
  const value = {
    owner_address: utils.address.toHex(from),
    contract_address: utils.address.toHex(tether),
    call_value: 7,
    data: 'a9059cbb',
    call_token_value: 8,
    token_id: 1_000_001,
  }
  const contract = { type: 'TriggerSmartContract', parameter: { value } }
  expect(parsed(build({ ...header, contract: [contract] })).contract.call).toEqual({
    contractAddress: tether,
    callValue: 7n,
    data: hex('a9059cbb'),
    callTokenValue: 8n,
    tokenId: 1_000_001n,
  })
})

test('numbers up to 2^63 - 1, of which tronweb can only read half', () => {
  const most = 2n ** 63n - 1n
  const amount = integer(3, most)
  const { contract } = parsed(rawOf(contractOf(1, 'TransferContract', owner, to, amount)))
  expect(contract.transfer?.amount).toBe(most)
})

test('a memo of any bytes', () => {
  const value = {
    owner_address: utils.address.toHex(from),
    to_address: utils.address.toHex(tether),
  }
  const contract = { type: 'TransferContract', parameter: { value: { ...value, amount: 1 } } }
  for (const data of ['6d656d6f', 'ff00fe']) {
    expect(parsed(build({ ...header, data, contract: [contract] })).data).toEqual(hex(data))
  }
})

test('tronweb builds 34 types of contracts', () => {
  expect(builtTypes).toHaveLength(34)
})

/** The description, in the form in which tronweb gives it. */
function asTronweb(read: TronTransaction) {
  const { contract } = read
  const { transfer, call } = contract
  const toHex = (address: string) => utils.address.toHex(address).toLowerCase()
  return {
    ref_block_bytes: read.refBlockBytes.toString('hex'),
    ref_block_hash: read.refBlockHash.toString('hex'),
    expiration: Number(read.expiration),
    timestamp: Number(read.timestamp),
    data: read.data.toString('hex'),
    fee_limit: Number(read.feeLimit),
    contract: [
      {
        type: contract.type,
        Permission_id: Number(contract.permissionId),
        parameter: {
          value: {
            owner_address: toHex(contract.ownerAddress),
            ...(transfer && {
              to_address: toHex(transfer.toAddress),
              amount: Number(transfer.amount),
            }),
            ...(call && {
              contract_address: toHex(call.contractAddress),
              call_value: Number(call.callValue),
              data: call.data.toString('hex'),
              call_token_value: Number(call.callTokenValue),
              token_id: Number(call.tokenId),
            }),
          },
        },
      },
    ],
  }
}

const lowerCase = (value: unknown) =>
  JSON.parse(JSON.stringify(value).toLowerCase()) as Record<string, unknown>

describe.each(builtTypes)('%s', (type) => {
  const isDescribed = ['TransferContract', 'TriggerSmartContract'].includes(type)
  test('is read as tronweb reads it, and as tronweb writes it again', () => {
    fc.assert(
      fc.property(rawDataOf(type), (rawData) => {
        const read = parsed(rawData)
        expect(lowerCase(decode(type, rawData))).toMatchObject(lowerCase(asTronweb(read)))
        expect(read.signingHash.toString('hex')).toBe(utils.ethersUtils.sha256(rawData).slice(2))
        expect(reencode(type, rawData)).toEqual(rawData)
        expect(encodeRawData(read)).toEqual(isDescribed ? rawData : undefined)
      }),
      { numRuns: 30 },
    )
  })
})

describe('types that tronweb does not build', () => {
  test.each([
    [3, 'VoteAssetContract', [field(2, to.subarray(2)), field(2, to.subarray(2)), integer(3, 1)]],
    [14, 'UnfreezeAssetContract', []],
    [52, 'MarketSellAssetContract', [field(2, hex('5f')), integer(3, 9), field(4, hex('31'))]],
    [53, 'MarketCancelOrderContract', [field(2, hex('00'.repeat(32)))]],
  ] as const)('%i %s', (number, type, more) => {
    const { contract } = parsed(rawOf(contractOf(number, type, owner, ...more)))
    expect(contract).toMatchObject({ type, transfer: null, call: null })
  })
})

describe('once signed', () => {
  const keys = [key, hex('22'.repeat(32)), hex('33'.repeat(32))]
  test('it is what tronweb signs, and tronweb recovers the signer, with either parity', () => {
    const seen = new Set<number>()
    let amount = 0
    for (const privateKey of [...keys, ...keys, ...keys]) {
      amount += 1
      const rawData = rawOf(contractOf(1, 'TransferContract', owner, to, integer(3, amount)))
      const read = parsed(rawData)
      const signed = read.assemble(signSecp256k1(privateKey, read.signingHash))
      const length = Buffer.of((rawData.length & 0x7f) | 0x80, rawData.length >> 7)
      const prefix = Buffer.concat([Buffer.of(0x0a), length, rawData, Buffer.of(0x12, 65)])
      expect(signed.subarray(0, prefix.length)).toEqual(prefix)
      const signature = signed.subarray(prefix.length)
      const txID = read.signingHash.toString('hex')
      const theirs = utils.crypto.signTransaction(privateKey.toString('hex'), { txID } as never)
      expect([signature.toString('hex')]).toEqual(theirs.signature.map((one) => one.toLowerCase()))
      const address = encodeAddress('tron', 'secp256k1', publicKeyOf('secp256k1', privateKey))
      const recovered = utils.crypto.ecRecover(txID, signature.toString('hex'))
      expect(utils.address.fromHex(recovered)).toBe(address)
      seen.add(signature[64] ?? 0)
    }
    expect(seen).toEqual(new Set([27, 28]))
  })

  test('r and s have 32 bytes each', () => {
    const read = parsed(rawOf(contractOf(1, 'TransferContract', owner, to)))
    const signature = signSecp256k1(key, read.signingHash)
    for (const wrong of [{ r: signature.r.subarray(1) }, { s: Buffer.alloc(33) }]) {
      expect(() => read.assemble({ ...signature, ...wrong })).toThrow(RangeError)
    }
  })

  test('it is no raw_data any more, and neither is a whole transaction that is unsigned', () => {
    const rawData = rawOf(contractOf(1, 'TransferContract', owner, to))
    const read = parsed(rawData)
    const signed = read.assemble(signSecp256k1(key, read.signingHash))
    const reason = 'raw_data.ref_block_bytes is not 2 bytes: is this a whole transaction?'
    expect(parseTronTransaction(signed)).toEqual({ ok: false, reason })
    expect(parseTronTransaction(field(1, rawData))).toEqual({ ok: false, reason })
  })
})

// The public face of the cryptography package for Node: pure functions, no I/O and no clock.
export {
  type AddressFormat,
  type AddressFormatRow,
  addressFormats,
  encodeAddress,
} from './address.ts'
export { type AeadKey, aeadKey, aeadOpen, aeadSeal } from './aead.ts'
export { bitcoinAddressOf, bitcoinFormatOf, type BitcoinNetwork } from './bitcoin/address.ts'
export {
  type BitcoinSigner,
  type BitcoinSigning,
  type BitcoinTransaction,
  parsePsbt,
} from './bitcoin/psbt.ts'
export {
  signSchnorr,
  taprootOutputKey,
  taprootPrivateKey,
  verifySchnorr,
} from './bitcoin/schnorr.ts'
export { outputScripts } from './bitcoin/script.ts'
export {
  encodeCredentialBundle,
  encodeSealedMessage,
  openMessage,
  parseSealedMessage,
  type SealedMessage,
  sealMessage,
  signBundle,
  verifyBundle,
} from './bundle.ts'
export { chunkBytes, ChunkOpener, ChunkSealer, sealedChunkBytes } from './chunks.ts'
export type { Curve } from './curve.ts'
export { type EcdsaSignature, encodeEcdsaDer, parseEcdsaDer } from './der.ts'
export { derivePrivateKey, parsePath } from './derive.ts'
export { decodeBase64Url, decodeHex } from './encoding.ts'
export { type AuthorizationDigest, hashAuthorization } from './ethereum/authorization.ts'
export { decodeRlp, encodeRlp, type RlpItem } from './ethereum/rlp.ts'
export {
  type EthereumTransaction,
  type EthereumTransactionType,
  parseEthereumTransaction,
} from './ethereum/transaction.ts'
export type { AccessListEntry, SignedAuthorization } from './ethereum/transactionFields.ts'
export { hashTypedData, type TypedDataDigest, type TypedDataDomain } from './ethereum/typedData.ts'
export type { Verdict } from './verdict.ts'
export { withEthereumChecksum } from './address/ethereum.ts'
export {
  deriveHpkeKey,
  type HpkeBinding,
  type HpkeRecipient,
  hpkeRecipient,
  openFrom,
  sealTo,
} from './hpke.ts'
export { equalBytes, hkdfSha256, hmacSha256, keccak256, sha256 } from './hash.ts'
export { type KeyFormat, keyFormats } from './keyFormat.ts'
export {
  entropyToMnemonic,
  generateMnemonic,
  type Mnemonic,
  type MnemonicLanguage,
  type MnemonicLength,
  mnemonicLanguages,
  mnemonicToEntropy,
  mnemonicToSeed,
  parseMnemonic,
} from './mnemonic.ts'
export { generatePrivateKey, isPrivateKey, publicKeyOf } from './privateKey.ts'
export { parsePublicKey, uncompressPublicKey, type VerifyKey } from './publicKey.ts'
export { type RecoverableSignature, signEd25519, signP256, signSecp256k1 } from './sign.ts'
export { combineMnemonics, splitToMnemonics } from './slip39/mnemonics.ts'
export { parseShare } from './slip39/share.ts'
export {
  parseSolanaTransaction,
  type SolanaInstruction,
  type SolanaTransaction,
} from './solana/transaction.ts'
export type { TronContractType } from './tron/contracts.ts'
export {
  parseTronTransaction,
  type TronContract,
  type TronTransaction,
} from './tron/transaction.ts'
export { verifyEcdsaDigest, verifyEd25519, verifyP256Message } from './verify.ts'

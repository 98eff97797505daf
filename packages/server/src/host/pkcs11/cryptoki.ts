// The calls of a PKCS#11 module that a seal needs (PKCS #11 2.40), by the module's function list.
import koffi from 'koffi'

const ULONG_BYTES = 8
const POINTER_BYTES = 8

/** Places of functions in CK_FUNCTION_LIST, after its version. */
const FUNCTIONS = {
  C_Initialize: [0, ['void *']],
  C_Finalize: [1, ['void *']],
  C_GetSlotList: [4, ['uint8', 'void *', 'void *']],
  C_GetTokenInfo: [6, ['ulong', 'void *']],
  C_OpenSession: [12, ['ulong', 'ulong', 'void *', 'void *', 'void *']],
  C_Login: [18, ['ulong', 'ulong', 'void *', 'ulong']],
  C_GetAttributeValue: [24, ['ulong', 'ulong', 'void *', 'ulong']],
  C_FindObjectsInit: [26, ['ulong', 'void *', 'ulong']],
  C_FindObjects: [27, ['ulong', 'void *', 'ulong', 'void *']],
  C_FindObjectsFinal: [28, ['ulong']],
  C_GenerateKeyPair: [
    59,
    ['ulong', 'void *', 'void *', 'ulong', 'void *', 'ulong', 'void *', 'void *'],
  ],
  C_DeriveKey: [62, ['ulong', 'void *', 'ulong', 'void *', 'ulong', 'void *']],
} as const

type FunctionName = keyof typeof FUNCTIONS

/** What the module answered instead of success. */
export class CryptokiError extends Error {
  override name = 'CryptokiError'
  readonly call: string
  readonly code: number

  constructor(call: string, code: number) {
    super(`${call} failed with 0x${code.toString(16)}`)
    this.call = call
    this.code = code
  }
}

/** Native memory laid out as C does it. */
export interface Layout {
  bytes: Buffer
  /** How many records. */
  count: number
  /** What it points to. */
  keeps: readonly Argument[]
}

type Argument = Layout | Buffer | number | null

/** A loaded module. @throws Error when the library is none */
export class Cryptoki {
  readonly #list: unknown
  readonly #held = new Set<Argument>()
  readonly #types = new Map<FunctionName, ReturnType<typeof koffi.proto>>()

  constructor(path: string) {
    const library = koffi.load(path)
    const pointer: [unknown] = [null]
    const getList = library.func('C_GetFunctionList', 'ulong', [koffi.out(koffi.pointer('void *'))])
    const code = Number(getList(pointer))
    if (code !== 0 || pointer[0] === null) throw new CryptokiError('C_GetFunctionList', code)
    this.#list = pointer[0]
    for (const [name, [, parameters]] of Object.entries(FUNCTIONS)) {
      this.#types.set(name as FunctionName, koffi.proto(name, 'ulong', [...parameters]))
    }
  }

  /** @throws CryptokiError unless it answers CKR_OK */
  call(name: FunctionName, ...args: Argument[]): void {
    const [place] = FUNCTIONS[name]
    // CK_VERSION, two bytes, is padded to the first pointer.
    const pointer: unknown = koffi.decode(this.#list, POINTER_BYTES * (place + 1), 'void *')
    const type = this.#types.get(name)
    for (const argument of args) this.#held.add(argument)
    if (type === undefined) throw new Error(`${name} has no type`)
    const code = Number(koffi.call(pointer, type, ...args.map(bytesOf)))
    // What the arguments point to must not be collected before now.
    this.#held.clear()
    if (code !== 0) throw new CryptokiError(name, code)
  }
}

/** An array of CK_ATTRIBUTE: type, address of the value, its length. */
export function attributes(values: readonly (readonly [type: number, value: Buffer])[]): Layout {
  const fields = values.flatMap(([type, value]) => [type, value, value.length])
  return layout(fields, values.length)
}

/** One record of numbers and addresses, each as wide as a CK_ULONG. */
export function record(fields: readonly Argument[]): Layout {
  return layout(fields, 1)
}

function layout(fields: readonly Argument[], count: number): Layout {
  const bytes = Buffer.alloc(fields.length * ULONG_BYTES)
  for (const [index, field] of fields.entries()) {
    const place = bytesOf(field)
    const value = Buffer.isBuffer(place) ? koffi.address(place) : BigInt(place ?? 0)
    bytes.writeBigUInt64LE(value, index * ULONG_BYTES)
  }
  return { bytes, count, keeps: fields }
}

function bytesOf(argument: Argument): Buffer | number | null {
  const isLayout = typeof argument === 'object' && argument !== null && 'keeps' in argument
  return isLayout ? argument.bytes : argument
}

/** A CK_ULONG. */
export function ulong(value: number): Buffer {
  const bytes = Buffer.alloc(ULONG_BYTES)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

/** What `ulong` wrote, or the module. */
export function readUlong(bytes: Buffer): number {
  return Number(bytes.readBigUInt64LE())
}

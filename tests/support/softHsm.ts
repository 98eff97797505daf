// A PKCS#11 token of a test's own: SoftHSM 2.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PIN = '271828'

const MODULES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
]

export interface SoftHsm {
  /** Settings of the server, and where the module finds its tokens. */
  env: Record<string, string>
  /** The file that the PIN is read from. */
  pinFile: string
  pin: string
  /** What `softhsm2-util` prints about the token. */
  describe(): string
  /** Takes the token away. */
  remove(): void
  dispose(): void
}

export function createToken(label = 'keystead'): SoftHsm {
  const module = MODULES.find((path) => existsSync(path))
  if (module === undefined) throw new Error('SoftHSM 2 is not installed')
  const folder = mkdtempSync(join(tmpdir(), 'ks-hsm-'))
  const tokens = join(folder, 'tokens')
  mkdirSync(tokens)
  const configuration = join(folder, 'softhsm2.conf')
  writeFileSync(configuration, `directories.tokendir = ${tokens}\nlog.level = ERROR\n`)
  const pinFile = join(folder, 'pin')
  writeFileSync(pinFile, `${PIN}\n`)
  const env = { ...process.env, SOFTHSM2_CONF: configuration }
  const utility = (...words: string[]) => execFileSync('softhsm2-util', words, { env }).toString()
  utility('--init-token', '--free', '--label', label, '--pin', PIN, '--so-pin', PIN)
  return {
    env: {
      SOFTHSM2_CONF: configuration,
      KEYSTEAD_PKCS11_MODULE: module,
      KEYSTEAD_PKCS11_TOKEN: label,
      KEYSTEAD_PKCS11_PIN_FILE: pinFile,
    },
    pinFile,
    pin: PIN,
    describe: () => utility('--show-slots'),
    remove() {
      rmSync(tokens, { recursive: true })
      mkdirSync(tokens)
    },
    dispose: () => rmSync(folder, { recursive: true }),
  }
}

// The unprivileged account that PostgreSQL runs as when we are root: it refuses to run as root.
import { execFileSync, spawnSync } from 'node:child_process'

export type Account = { uid: number; gid: number }

const NAMES = ['postgres', 'nobody']

function find(name: string): Account | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }))
  if (uid?.status !== 0 || gid?.status !== 0) return undefined
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}

/** The account to switch to, made if there is none; undefined if we are not root and need none. */
export function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of NAMES) {
    const account = find(name)
    if (account) return account
  }
  execFileSync('useradd', ['--system', '--no-create-home', 'keystead-test'], { stdio: 'ignore' })
  return find('keystead-test')
}

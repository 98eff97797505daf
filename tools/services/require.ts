// The programs that tests need from the system, and the one line that installs what is missing.
// `node tools/services/require.ts --print` prints that line, or nothing.
import { spawnSync } from 'node:child_process'

type Program = { command: string; args: string[]; debianPackage: string; why: string }

const programs: Program[] = [
  {
    command: 'chromium',
    args: ['--version'],
    debianPackage: 'chromium',
    why: 'reads the reference page as people do',
  },
  {
    command: 'python3',
    args: ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))'],
    debianPackage: 'python3',
    why: 'checks formats against an independent implementation (3.9 or newer)',
  },
  {
    command: 'redis-server',
    args: ['--version'],
    debianPackage: 'redis-server',
    why: 'counts rate limits for several processes',
  },
  {
    command: 'softhsm2-util',
    args: ['--version'],
    debianPackage: 'softhsm2',
    why: 'is the hardware token of a seal',
  },
  {
    command: 'strace',
    args: ['-V'],
    debianPackage: 'strace',
    why: 'shows that an answer leaves only after its sync',
  },
  {
    command: 'prlimit',
    args: ['--version'],
    debianPackage: 'util-linux',
    why: 'lets a test run out of room',
  },
]

const works = ({ command, args }: Program) =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0

/** The line that installs what is missing, with the reasons as a comment; undefined if nothing is. */
export function missing(): string | undefined {
  const absent = programs.filter((program) => !works(program))
  if (absent.length === 0) return undefined
  const packages = absent.map((program) => program.debianPackage).join(' ')
  const reasons = absent.map(({ command, why }) => `${command} ${why}`).join('; ')
  return `apt-get install -y ${packages} # ${reasons}`
}

if (import.meta.main && process.argv.includes('--print')) {
  const line = missing()
  if (line !== undefined) console.log(line)
}

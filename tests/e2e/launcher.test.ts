// bin/keystead.js: an old Node hands over to the installed one, or says what to do.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const launcher = join(import.meta.dirname, '..', '..', 'bin', 'keystead.js')

/** Makes the launcher believe that it runs on Node 20: it reads nothing else of the version. */
const oldNode = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.20.2'})`

let root: string
let copy: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'keystead-launcher-'))
  mkdirSync(join(root, 'bin'))
  writeFileSync(join(root, 'package.json'), '{"type":"module"}')
  copy = join(root, 'bin', 'keystead.js')
  copyFileSync(launcher, copy)
})

afterEach(() => rmSync(root, { recursive: true }))

/** Puts a stand-in for the installed Node into the fake root. */
function installNode(script: string): void {
  const bin = join(root, 'node_modules', '.bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'node'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(bin, 'node'), 0o755)
}

const onOldNode = (...args: string[]) =>
  spawnSync(process.execPath, ['--import', oldNode, copy, ...args], { encoding: 'utf8' })

async function firstLine(child: ChildProcess): Promise<string> {
  const [data] = (await once(child.stdout!, 'data')) as [Buffer]
  return data.toString().trim()
}

describe('on an old Node', () => {
  test('without an installed one it says one line and fails', () => {
    const { status, stdout, stderr } = onOldNode('serve')
    expect(status).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toBe(
      'keystead: needs Node 24 or newer, this is 20.20.2: ' +
        'run `npm ci`, which installs one, or install Node yourself\n',
    )
  })

  test('hands over arguments, streams and the exit code', () => {
    installNode('shift; echo "$@"; echo problem >&2; exit 7')
    const { status, stdout, stderr } = onOldNode('call', 'two words')
    expect({ status, stdout, stderr }).toEqual({
      status: 7,
      stdout: 'call two words\n',
      stderr: 'problem\n',
    })
  })

  test('hands over files that the shell opened, as `3<<<"$WORDS"` and `<(command)` do', () => {
    installNode('shift; cat "$@"')
    const quoted = `'${process.execPath}' --import "${oldNode}" '${copy}'`
    const script = `${quoted} /dev/fd/3 /proc/self/fd/7 3<<<"third" 7< <(echo seventh)`
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
    expect({ stdout, stderr }).toEqual({ stdout: 'third\nseventh\n', stderr: '' })
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('passes %s on', async (signal) => {
    installNode(
      `trap 'exit 42' ${signal.slice(3)}; echo ready; for i in $(seq 400); do sleep 0.05; done`,
    )
    const child = spawn(process.execPath, ['--import', oldNode, copy])
    expect(await firstLine(child)).toBe('ready')
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([42, null])
  })

  test('ends by the signal that ended the installed one', () => {
    installNode('kill -KILL $$')
    expect(onOldNode().signal).toBe('SIGKILL')
  })
})

test('a new Node runs the command itself', () => {
  mkdirSync(join(root, 'packages', 'cli', 'src'), { recursive: true })
  writeFileSync(
    join(root, 'packages', 'cli', 'src', 'main.ts'),
    'const args: string[] = process.argv.slice(2)\nconsole.log(args.join())\n',
  )
  const { stdout } = spawnSync(process.execPath, [copy, 'a', 'b'], { encoding: 'utf8' })
  expect(stdout).toBe('a,b\n')
})

test('the Node of the system, whatever its age, starts the installed one', () => {
  const path = (process.env['PATH'] ?? '')
    .split(':')
    .filter((part) => !part.includes('node_modules'))
  const env = { ...process.env, PATH: path.join(':') }
  const found = spawnSync('node', ['--version'], { env, encoding: 'utf8' })
  if (found.status !== 0 || Number.parseInt(found.stdout.slice(1), 10) >= 24) return
  installNode('echo handed over')
  const { stdout } = spawnSync('node', [copy], { env, encoding: 'utf8' })
  expect(stdout).toBe('handed over\n')
})

#!/usr/bin/env node
// The `keystead` command: any Node starts it, Node 24 runs it.
// Plain ES2019, so that an older Node can read it: it hands over to the Node that npm installed.
import { spawn } from 'child_process'
import { existsSync } from 'fs'
import * as module from 'module'
import { dirname, join } from 'path'
import { fileURLToPath } from 'url'

const NODE_MAJOR_MIN = 24
const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** What the child has open: the three streams, and files that the shell opened and words name. */
function streams(words) {
  const named = words.map((word) => /^\/(?:dev|proc\/self)\/fd\/(\d{1,3})$/.exec(word))
  const numbers = named.filter((match) => match !== null).map((match) => parseInt(match[1], 10))
  const count = Math.max(2, ...numbers) + 1
  return Array.from({ length: count }, (_, number) =>
    number < 3 ? 'inherit' : numbers.includes(number) ? number : 'ignore',
  )
}

function handOver(node) {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  const words = process.argv.slice(1)
  let child
  // Before the start: the child may already run, and be told to end, when spawn returns.
  signals.forEach((signal) => process.on(signal, () => child.kill(signal)))
  child = spawn(node, words, { stdio: streams(words) })
  child.on('error', (error) => fail(`cannot run ${node}: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (signal === null) return process.exit(code)
    // End by the same signal, so that whoever started us sees what ended the server.
    signals.forEach((name) => process.removeAllListeners(name))
    process.kill(process.pid, signal)
  })
}

function fail(reason) {
  process.stderr.write(`keystead: ${reason}\n`)
  process.exit(1)
}

if (parseInt(process.versions.node, 10) >= NODE_MAJOR_MIN) {
  // Beside the code it is made from: a shared folder would let others put code of theirs in it.
  module.enableCompileCache(join(root, 'node_modules', '.cache', 'keystead'))
  void import('../packages/cli/src/main.ts')
} else {
  const node = join(root, 'node_modules', '.bin', 'node')
  if (existsSync(node)) handOver(node)
  else
    fail(
      `needs Node ${NODE_MAJOR_MIN} or newer, this is ${process.versions.node}: ` +
        'run `npm ci`, which installs one, or install Node yourself',
    )
}

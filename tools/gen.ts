// `npm run gen`: writes the generated files of docs/. `--check`: only says which are out of date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { createTurnkeyFamily } from '../packages/server/src/family/turnkey/turnkey.ts'
import { openApiText } from '../packages/server/src/http/reference/documents.ts'
import { page, withErrors } from './compat.ts'
import { ROOT } from './run.ts'

const families = [createTurnkeyFamily({ signUp: false })]

const files = [
  ...families.map((family) => ({
    path: join(ROOT, 'docs', 'reference', `openapi-${family.name}.json`),
    text: openApiText(family),
  })),
  { path: page, text: withErrors(readFileSync(page, 'utf8')) },
]

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const stale = files.filter(({ path, text }) => read(path) !== text)
if (process.argv.includes('--check')) {
  for (const { path } of stale)
    console.error(`${relative(ROOT, path)} is out of date: npm run gen writes it`)
  console.log(`compared ${files.length} files`)
  process.exitCode = stale.length === 0 ? 0 : 1
} else {
  for (const { path, text } of stale) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    console.log(`wrote ${relative(ROOT, path)}`)
  }
}

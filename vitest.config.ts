// Which files are tests, in which project, and which of them the long run takes.
import { defineConfig } from 'vitest/config'

const long = process.env['KEYSTEAD_TEST_LONG'] === '1'
const MINUTE = 60_000

const project = (name: string, ...folders: string[]) => ({
  extends: true as const,
  test: {
    name,
    setupFiles: name === 'conformance' ? ['tests/conformance/recordCalls.ts'] : [],
    include: folders.map((folder) => `${folder}/**/*${long ? '.long' : ''}.test.ts`),
  },
})

export default defineConfig({
  test: {
    retry: 0,
    testTimeout: long ? 25 * MINUTE : MINUTE / 2,
    hookTimeout: MINUTE,
    // Files mostly wait for servers that they start: one a core leaves no core idle.
    maxWorkers: long ? 1 : 2,
    projects: [
      project('unit', 'packages', 'tests/support'),
      project('architecture', 'tests/architecture'),
      project('conformance', 'tests/conformance'),
      project('e2e', 'tests/e2e'),
    ],
  },
})

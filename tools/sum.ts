// Adds up vitest's JSON reports, named as arguments, into one line. A missing report is a failure.
import { existsSync, readFileSync } from 'node:fs'

type Report = { success: boolean; numPassedTests: number; numFailedTests: number }

let passed = 0
let failed = 0
for (const path of process.argv.slice(2)) {
  const report = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as Report)
    : { success: false, numPassedTests: 0, numFailedTests: 0 }
  passed += report.numPassedTests
  // A file that does not load fails without a failed test.
  failed += report.success ? 0 : Math.max(report.numFailedTests, 1)
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

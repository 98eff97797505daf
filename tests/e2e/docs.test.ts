// The reference as people meet it: over HTTP, in a browser, and by pasting its samples in a shell.
import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AppError, operations } from '@keystead/server/commands'
import { startServer, type TestServer } from '../support/server.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const MINUTE = 60_000

let server: TestServer

beforeAll(async () => {
  server = await startServer({ engine: 'sqlite' })
})
afterAll(() => server.dispose())

const get = async (path: string) => (await fetch(server.url + path)).text()

describe('over HTTP', () => {
  const types = {
    '/docs': 'text/html; charset=utf-8',
    '/llms.txt': 'text/plain; charset=utf-8',
    '/llms-full.txt': 'text/plain; charset=utf-8',
    '/openapi/turnkey.json': 'application/json',
  }

  test.each(Object.entries(types))('%s is %s with an entity tag', async (path, type) => {
    const first = await fetch(server.url + path)
    const { headers } = first
    expect(first.status).toBe(200)
    expect(headers.get('content-type')).toBe(type)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    const body = Buffer.from(await first.arrayBuffer())
    const tag = headers.get('etag') ?? ''
    expect(tag).toMatch(/^"[\w-]{43}"$/)
    const again = await fetch(server.url + path, { headers: { 'if-none-match': `W/${tag}, "a"` } })
    expect([again.status, await again.text()]).toEqual([304, ''])
    const other = await fetch(server.url + path, { headers: { 'if-none-match': '"a"' } })
    expect([other.status, await other.text()]).toEqual([200, body.toString('utf8')])
    const head = await fetch(server.url + path, { method: 'HEAD' })
    expect([head.status, head.headers.get('etag')]).toEqual([200, tag])
    expect(head.headers.get('content-length')).toBe(String(body.length))
  })

  test('the page may load and run nothing but its own script', async () => {
    const { headers } = await fetch(`${server.url}/docs`, { method: 'HEAD' })
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+';/)
    expect(policy).not.toContain('unsafe')
    expect(policy).toContain("base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
  })
})

describe('in a browser', () => {
  let browser: Browser
  /** What the page asked for, and what the browser complained of. */
  let requests: string[]
  let complaints: string[]

  beforeAll(async () => {
    const executablePath = '/usr/bin/chromium'
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  })
  afterAll(() => browser.close())

  async function open(path: string, options: Parameters<Browser['newPage']>[0] = {}) {
    const page = await browser.newPage(options)
    requests = []
    complaints = []
    page.on('request', (request) => requests.push(request.url()))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(server.url + path)
    return page
  }

  const shown = (page: Page) => page.locator('section.operation:visible').count()

  test('it shows every operation, asks for nothing else, and raises no complaint', async () => {
    const page = await open('/docs')
    expect(await shown(page)).toBe(operations.length)
    expect(requests).toEqual([`${server.url}/docs`])
    expect(complaints).toEqual([])
    await page.close()
  })

  test('searching sign_raw_payload finds it, its fields and a sample', async () => {
    const page = await open('/docs')
    await page.getByLabel('Search operations').fill('sign_raw')
    expect(await shown(page)).toBe(2)
    expect(await page.locator('nav li:visible').allInnerTexts()).toEqual([
      'sign_raw_payload',
      'sign_raw_payloads',
    ])
    expect(await page.locator('#count').innerText()).toBe(`2 of ${operations.length} operations`)
    await page.keyboard.press('Enter')
    expect(page.url()).toBe(`${server.url}/docs#signRawPayload`)
    const section = page.locator('#signRawPayload')
    const table = await section
      .getByRole('table', { name: 'Fields of sign_raw_payload' })
      .innerText()
    expect(table).toContain('parameters.hashFunction')
    expect(table).toContain('HASH_FUNCTION_KECCAK256')
    expect(await section.locator('pre').first().innerText()).toMatch(
      /^npx keystead call sign_raw_payload --host http:\/\/127.0.0.1:\d+ --params '\{/,
    )
    await page.getByLabel('Search operations').fill('no such thing')
    expect(await page.getByText('No operation matches.').isVisible()).toBe(true)
    expect(await shown(page)).toBe(0)
    await page.close()
  })

  test('kind and tag narrow the list together, and a link ends the filter', async () => {
    const page = await open('/docs')
    const queries = operations.filter(({ kind }) => kind === 'query')
    await page.getByText('Queries', { exact: true }).click()
    expect(await shown(page)).toBe(queries.length)
    await page.getByLabel('Tag', { exact: true }).selectOption('Wallets')
    const expected = queries.filter(({ tags }) => tags.includes('wallets')).length
    expect([await shown(page), expected > 0]).toEqual([expected, true])
    await page.evaluate("location.hash = 'signRawPayload'")
    await expect.poll(() => shown(page)).toBe(operations.length)
    expect(await page.locator('#signRawPayload').isVisible()).toBe(true)
    await page.close()
  })

  test('the keyboard reaches the search first, after the link past it', async () => {
    const page = await open('/docs')
    const focused = () => page.evaluate<string>('document.activeElement.outerHTML.slice(0, 40)')
    await page.keyboard.press('Tab')
    expect(await focused()).toContain('class="skip"')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    expect(await focused()).toContain('id="search"')
    await page.close()
  })

  test('without scripts everything can be read, and no dead control shows', async () => {
    const page = await open('/docs#signRawPayload', { javaScriptEnabled: false })
    expect(await shown(page)).toBe(operations.length)
    expect(await page.locator('#filters').isVisible()).toBe(false)
    expect(await page.locator('#signRawPayload table').first().isVisible()).toBe(true)
    await page.close()
  })

  test.each([400, 1280])('nothing is wider than a window of %i', async (width) => {
    const page = await open('/docs', { viewport: { width, height: 800 } })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    await page.close()
  })
})

const ENTITIES = [
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#39;', "'"],
  ['&amp;', '&'],
] as const

const unescapeHtml = (html: string) =>
  ENTITIES.reduce((text, [entity, character]) => text.replaceAll(entity, character), html)

interface Ran {
  code: number
  stdout: string
  stderr: string
}

/** Runs what a reader pastes; `npx keystead` and `node` are those of this repository. */
async function paste(sample: string): Promise<Ran> {
  const bin = dirname(process.execPath)
  const command = sample.replaceAll('npx keystead', 'node bin/keystead.js')
  const env = { ...server.env, KEYSTEAD_DATA: server.data, PATH: `${bin}:${process.env['PATH']}` }
  const ended = promisify(execFile)('sh', ['-c', command], { cwd: ROOT, env })
  return ended.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ran) => error,
  )
}

describe('in a shell', () => {
  test(
    'every sample works, or misses only an object that its example made up',
    async () => {
      const text = await get('/llms-full.txt')
      const samples = text.match(/(?<=```sh\n)npx keystead call .+(?=\n```)/g) ?? []
      expect(samples).toHaveLength(operations.length)
      const ended = []
      for (const sample of samples) ended.push({ sample, ...(await paste(sample)) })
      const failed = ended.filter(({ code }) => code !== 0)
      expect(ended.length - failed.length).toBeGreaterThanOrEqual(7)
      for (const { sample, stderr } of failed) {
        const record = operations.find(({ path }) => path.endsWith(`/${sample.split(' ')[3]}`))
        const { message } = JSON.parse(stderr.slice('404: '.length)) as { message: string }
        // The samples stamp with the admin's key, which is no invitee's.
        const isForInvitee = record?.caller === 'invitee'
        const expected = isForInvitee ? ['PUBLIC_KEY_NOT_FOUND' as const] : (record?.errors ?? [])
        expect(expected.map((code) => new AppError(code).message)).toContain(message)
        expect(message).toMatch(
          isForInvitee
            ? /public key/
            : /not found|found with fingerprint|wallet account|users missing|only a sub-organization|sub-organizations$|who makes the request$/,
        )
      }
    },
    5 * MINUTE,
  )

  test.each(['whoami', 'create_wallet'])(
    'the curl sample of %s works',
    async (word) => {
      const page = await get('/docs')
      const found = page.match(/(?<=<code>)ORGANIZATION_ID=[^<]+(?=<\/code>)/g) ?? []
      const samples = found.map(unescapeHtml)
      expect(samples).toHaveLength(operations.length)
      const sample = samples.find((one) => one.includes(`/${word} `)) ?? ''
      const ended = await paste(sample.replace('Treasury', 'By curl'))
      expect(ended).toMatchObject({ code: 0 })
      expect(JSON.parse(ended.stdout)).toMatchObject(
        word === 'whoami'
          ? { userId: server.admin.userId }
          : { activity: { status: 'ACTIVITY_STATUS_COMPLETED' } },
      )
    },
    MINUTE,
  )
})

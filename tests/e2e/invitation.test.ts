// The page that a mailed link opens, in a real browser with a virtual authenticator.
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adminKey, TestClient } from '../support/client.ts'
import { keystead } from '../support/command.ts'
import { invitationParams, inviteeClient } from '../support/invitee.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { linkIn, startSmtp, type TestSmtp } from '../support/smtp.ts'

let box: TestSmtp
let server: TestServer
let admin: TestClient
let browser: Browser
let mails = 0

beforeAll(async () => {
  box = await startSmtp()
  server = await startServer({
    engine: 'sqlite',
    env: { KEYSTEAD_SMTP_URL: box.url, KEYSTEAD_MAIL_FROM: 'keys@keystead.example' },
  })
  admin = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
  const executablePath = '/usr/bin/chromium'
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
})
afterAll(async () => {
  await browser.close()
  await server.dispose()
  await box.close()
})

/** Invites Ada, and waits for her mail. */
async function invite() {
  const invitations = [invitationParams(server.admin.userId)]
  const made = await admin.submit('create_invitations', { invitations })
  const id = made.at('activity.result.createInvitationsResult.invitationIds.0')
  mails += 1
  await box.arrived(mails)
  const mail = box.mails.find(({ parsed }) => parsed.messageId?.includes(id))
  return { id, link: linkIn(mail?.parsed.text) }
}

interface Visit {
  page: Page
  context: BrowserContext
  /** Every address that the page asked for. */
  requests: string[]
  complaints: string[]
}

/** Opens a link where a passkey can be made. */
async function open(link: URL, options: Parameters<Browser['newContext']>[0] = {}): Promise<Visit> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  const visit: Visit = { page, context, requests: [], complaints: [] }
  page.on('request', (request) => visit.requests.push(request.url()))
  page.on('console', (message) => visit.complaints.push(message.text()))
  page.on('pageerror', (error) => visit.complaints.push(error.message))
  await page.goto(link.href)
  return visit
}

const title = (page: Page, name: string) => page.getByRole('heading', { name }).waitFor()

test('whoever opens the link sees who invites to what, makes a passkey, and is a user', async () => {
  const { link, id } = await invite()
  const visit = await open(link)
  const { page, requests, complaints } = visit
  await title(page, 'Join Keystead')
  expect(await page.locator('dl').innerText()).toMatch(
    /Organization\s+Keystead\s+Invited by\s+admin\s+You join as\s+Ada \(ada@example.org\)/,
  )
  // By keyboard alone.
  await page.getByLabel('Name of this passkey').focus()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await title(page, 'Welcome')
  expect(await page.getByRole('status').innerText()).toContain('You are a member of Keystead.')
  expect(page.url()).toBe(`${link.origin}/invitations`)
  expect(complaints).toEqual([])
  const base = `${link.origin}/public/v1`
  expect(requests.map((url) => url.split('#')[0])).toEqual([
    `${link.origin}/invitations`,
    `${base}/query/get_invitation`,
    `${base}/submit/accept_invitation`,
  ])
  const list = await admin.query('list_activities')
  expect(list.at('activities.0')).toMatchObject({
    type: 'ACTIVITY_TYPE_ACCEPT_INVITATION_V2',
    status: 'ACTIVITY_STATUS_COMPLETED',
    intent: { acceptInvitationIntentV2: { invitationId: id } },
    votes: [{ user: { userName: 'Ada', authenticators: [{ authenticatorName: 'My passkey' }] } }],
  })
  await visit.context.close()
  const again = await open(link)
  await title(again.page, 'This invitation was used')
  expect(await again.page.getByRole('button').count()).toBe(0)
  await again.context.close()
})

test('the first user of an organization makes a passkey by the link that its host printed', async () => {
  const env = { ...server.env, KEYSTEAD_PUBLIC_URL: server.url.replace('127.0.0.1', 'localhost') }
  const words = ['organizations', 'create', '--organization-name', 'Enrolled', '--passkey']
  const { stdout } = await keystead([...words, '--data', server.data], { env })
  const { link } = JSON.parse(stdout) as { link: string }
  const { page, complaints, context } = await open(new URL(link))
  await title(page, 'Join Enrolled')
  expect(await page.locator('dl').innerText()).toMatch(/You join as\s+admin\s+Valid until/)
  await page.getByRole('button').click()
  await title(page, 'Welcome')
  expect(complaints).toEqual([])
  await context.close()
})

test('says what is wrong: deleted, cut off, changed, accepted elsewhere meanwhile', async () => {
  const { link, id } = await invite()
  const late = await open(link)
  await title(late.page, 'Join Keystead')
  await admin.submit('delete_invitation', { invitationId: id })
  await late.page.getByRole('button').click()
  await title(late.page, 'This invitation does not exist')
  await late.context.close()
  for (const [hash, heading] of [
    [link.hash, 'This invitation does not exist'],
    [link.hash.replace(/.{4}$/, 'AAAA'), 'This invitation does not exist'],
    [link.hash.slice(0, 100), 'This link is not whole'],
    ['', 'This link is not whole'],
  ] as const) {
    const { page, context } = await open(new URL(hash, link))
    await title(page, heading)
    expect(await page.getByRole('button').count()).toBe(0)
    await context.close()
  }
})

test('says that an invitation has expired', async () => {
  const { link } = await invite()
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.clock.setFixedTime(Date.now() + 7 * 86_400_000)
  await page.goto(link.href)
  await title(page, 'This invitation has expired')
  expect(await page.getByRole('button').count()).toBe(0)
  await context.close()
})

test('lets the invitee try again when the device makes no passkey', async () => {
  const { link } = await invite()
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.addInitScript(() => {
    const { credentials } = navigator as unknown as { credentials: { create: unknown } }
    credentials.create = () => Promise.reject(new Error('the person said no'))
  })
  await page.goto(link.href)
  await title(page, 'Join Keystead')
  await page.getByRole('button').click()
  expect(await page.getByText('No passkey was made. You can try again.').count()).toBe(1)
  expect(await page.getByRole('button').isEnabled()).toBe(true)
  expect((await inviteeClient(server, link).query('get_invitation')).at('invitation.status')).toBe(
    'INVITATION_STATUS_CREATED',
  )
  await context.close()
})

test.each([
  ['light on a phone', { colorScheme: 'light', viewport: { width: 360, height: 740 } }],
  ['dark on a desk', { colorScheme: 'dark', viewport: { width: 1280, height: 800 } }],
] as const)('fits: %s', async (_name, options) => {
  const { link } = await invite()
  const { page, context } = await open(link, options)
  await title(page, 'Join Keystead')
  const wide = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
  expect(wide).toBe(false)
  await context.close()
})

test('the page may run nothing but its own script, and its link reaches no log', async () => {
  const { headers } = await fetch(`${server.url}/invitations`, { method: 'HEAD' })
  const policy = headers.get('content-security-policy') ?? ''
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+';/)
  expect(policy).not.toContain('unsafe')
  expect(policy).toContain("frame-ancestors 'none'")
  expect(headers.get('referrer-policy')).toBe('no-referrer')
  for (const { parsed } of box.mails) {
    expect(server.output()).not.toContain(linkIn(parsed.text).hash.slice(-60))
  }
})

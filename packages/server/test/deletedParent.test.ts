// A sub-organization whose parent was deleted: it is gone with it, and its parent's users are unknown.
import { afterEach, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey } from '../../../tests/support/client.ts'
import { adminClient, AppClient } from './support/client.ts'
import { engines, type Instance, openInstance } from './support/instance.ts'
import { unitOf } from './support/units.ts'

describe.each(engines)('on %s', (engine) => {
  let instance: Instance
  afterEach(() => instance.dispose())

  test('below a deleted parent its users are unknown, and own users find nothing', async () => {
    instance = await openInstance(engine)
    const { app } = instance
    const admin = adminClient(app, instance.admin)
    const key = generateKey()
    const made = await admin.submit(
      'create_sub_organization',
      {
        subOrganizationName: 'below',
        rootUsers: [{ userName: 'owner', apiKeys: [apiKeyParams(key)] }],
        rootQuorumThreshold: 1,
      },
      'CREATE_SUB_ORGANIZATION_V7',
    )
    const id = made.at('activity.result.createSubOrganizationResultV7.subOrganizationId')
    const [own, above] = [key, admin.key].map((one) => new AppClient(app, one, id))
    expect((await above?.query('whoami'))?.status).toBe(200)
    await app.deps.queue.submit(
      unitOf(admin.organizationId, 'organization.delete', {
        changes: 'snapshot',
        async effects(tx) {
          await tx.run(
            'update organization set deleted_ms = ? where organization_id = ?u',
            1,
            admin.organizationId,
          )
        },
      }),
    )
    expect(await above?.query('whoami')).toMatchObject({
      status: 401,
      json: {
        code: 16,
        message: 'failed while looking up public key in parent organization',
        details: [],
        turnkeyErrorCode: 'PUBLIC_KEY_NOT_FOUND',
      },
    })
    expect((await own?.query('whoami'))?.status).toBe(404)
  })
})

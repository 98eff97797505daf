// Root organizations, created by the person at the host's shell.
import type { App } from '../app.ts'
import { entryOnly } from '../commit/unit.ts'
import { insertOrganization } from '../domain/organization/create.ts'
import { AppError } from '../errors.ts'
import { INSTANCE_ID, newUuid } from '../platform/ids.ts'
import { type Admin, hostFacts, type InitOptions, planRootOrganization } from './instance.ts'

/** Creates a root organization with its first user. The instance's chain records it. */
export async function createRootOrganization(app: App, options: InitOptions): Promise<Admin> {
  const { keyvault, queue, clock } = app.deps
  const { plan, admin } = planRootOrganization(keyvault, options, clock.now())
  const audit = hostFacts({ action: 'organization.create', resource: plan.organizationId })
  const outcome = await queue.submit({
    ...entryOnly({ id: newUuid(clock.now()), organizationId: INSTANCE_ID, audit }),
    changes: 'rows',
    effects: (tx) =>
      insertOrganization(tx, plan, {
        unitId: tx.unit.id,
        auditKey: keyvault.auditKey,
        facts: audit,
        atMs: tx.nowMs,
      }),
  })
  if (outcome.kind === 'failed') throw outcome.error
  if (outcome.kind !== 'committed') throw new AppError('UNAVAILABLE')
  return admin
}

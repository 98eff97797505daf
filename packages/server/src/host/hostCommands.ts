// Commands of the host's shell that write, as one value: run in this process or sent to the server.
import type { App } from '../app.ts'
import { freeze, type FreezeOptions, type LimitsOptions, setLimits } from './governance.ts'
import type { InitOptions } from './instance.ts'
import {
  createRootOrganization,
  type DeleteOptions,
  deleteRootOrganization,
  enrolRootOrganization,
  recoverAdmin,
  type RecoverOptions,
} from './organizations.ts'
import { rekey, rotateDataKeys, type RotateOptions } from './rotation.ts'
import { addSeal, type AddSealOptions, noteSeal, removeSeal, type SealNote } from './seals.ts'
import { replayEvents, type ReplayOptions, showSecret } from './webhooks.ts'

export type HostCommand =
  | { command: 'createOrganization'; options: InitOptions }
  | { command: 'enrolOrganization'; options: InitOptions }
  | { command: 'deleteOrganization'; options: DeleteOptions }
  | { command: 'recoverAdmin'; options: RecoverOptions }
  | { command: 'setLimits'; options: LimitsOptions }
  | { command: 'freeze'; options: FreezeOptions }
  | { command: 'addSeal'; options: AddSealOptions }
  | { command: 'removeSeal'; options: { sealId: string } }
  | { command: 'noteSeal'; options: SealNote }
  | { command: 'replayEvents'; options: ReplayOptions }
  | { command: 'rotateDataKeys'; options: RotateOptions }
  | { command: 'rekey' }
  | { command: 'showSecret'; options: { organizationId: string } }

/** Runs one command as the host. @throws HostError, AppError */
export function runAsHost(app: App, request: HostCommand): Promise<unknown> {
  switch (request.command) {
    case 'createOrganization':
      return createRootOrganization(app, request.options)
    case 'enrolOrganization':
      return enrolRootOrganization(app, request.options)
    case 'deleteOrganization':
      return deleteRootOrganization(app, request.options)
    case 'recoverAdmin':
      return recoverAdmin(app, request.options)
    case 'setLimits':
      return setLimits(app, request.options)
    case 'freeze':
      return freeze(app, request.options)
    case 'addSeal':
      return addSeal(app, request.options)
    case 'removeSeal':
      return removeSeal(app, request.options.sealId)
    case 'noteSeal':
      return noteSeal(app, request.options)
    case 'replayEvents':
      return replayEvents(app, request.options)
    case 'rotateDataKeys':
      return rotateDataKeys(app, request.options)
    case 'rekey':
      return rekey(app)
    case 'showSecret':
      return showSecret(app, request.options.organizationId)
  }
}

// The jobs of rotation, one after the other: new versions, and rewrapping what is under older ones.
import { DataKeyRewrapping, type RewrapDependencies } from './rewrapDataKeys.ts'
import { RootKeyRewrapping } from './rewrapRootKey.ts'
import { DataKeyRotation } from './rotateDataKeys.ts'

export type RotationOptions = RewrapDependencies & ConstructorParameters<typeof DataKeyRotation>[0]

export interface Rotation {
  /** Does what there is to do by now. */
  run(): Promise<void>
  /** Ends a run before its next transaction. */
  stop(): void
}

export function createRotation(deps: RotationOptions): Rotation {
  const rootKey = new RootKeyRewrapping(deps)
  const due = new DataKeyRotation(deps)
  const dataKeys = new DataKeyRewrapping(deps)
  return {
    async run() {
      await rootKey.run()
      await due.run()
      await dataKeys.run()
    },
    stop() {
      rootKey.stop()
      dataKeys.stop()
    },
  }
}

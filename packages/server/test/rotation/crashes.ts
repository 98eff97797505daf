// Crashes at every write of a rotation: a process dies at its n-th write, and the next one finishes.
import { type App, createApp } from '../../src/app.ts'
import { openStore } from '../../src/host/instance.ts'
import type { Store } from '../../src/store/engine.ts'
import { type Engine, type Instance, openInstance, PUBLIC_URL } from '../support/instance.ts'
import { mortal } from './faults.ts'
import { openByFile, openByWords } from './opened.ts'
import {
  expectComplete,
  type Furniture,
  furnish,
  readEverything,
  rotationOfApp,
} from './furnished.ts'

const MINUTE_MS = 60_000
/** More writes than any rotation of a small instance has. */
const WRITES_MAX = 200

/** An instance on which processes die. */
export class Crashes {
  readonly #instance: Instance
  readonly #furniture: Furniture
  readonly #newestEvent: string
  #laterMs = 0
  readonly #clock = { now: () => Date.now() + this.#laterMs }

  private constructor(instance: Instance, furniture: Furniture, newestEvent: string) {
    this.#instance = instance
    this.#furniture = furniture
    this.#newestEvent = newestEvent
  }

  static async open(engine: Engine): Promise<Crashes> {
    const instance = await openInstance(engine)
    const furniture = await furnish(instance)
    const sql = 'select id from webhook_event order by id desc limit 1'
    const [newest] = await instance.rows<{ id: string }>(sql)
    return new Crashes(instance, furniture, newest?.id ?? '')
  }

  dispose(): Promise<void> {
    return this.#instance.dispose()
  }

  /**
   * Begins a rotation, and dies: at the first write until all is rewrapped, at the second, and so on.
   * Each time every seal opens what is left, everything is readable, and the next process finishes.
   * @param step 1: at every write
   * @returns how many writes there are
   */
  async atEveryWrite(
    begin: (app: App, organizationId: string) => Promise<unknown>,
    step = 1,
  ): Promise<number> {
    for (let writes = 0; writes < WRITES_MAX; writes += step) {
      const survived = await this.#dieAt(writes, begin)
      await this.#recover()
      if (survived) return writes
    }
    throw new Error('a rotation without end')
  }

  async #dieAt(
    writes: number,
    begin: (app: App, organizationId: string) => Promise<unknown>,
  ): Promise<boolean> {
    const store = await this.#openStore()
    const dying = mortal(store, writes)
    const app = await this.#start(dying.store)
    await begin(app, this.#instance.organizationId).catch(() => undefined)
    await this.#finish(app).catch(() => undefined)
    await store.close()
    return !dying.isDead()
  }

  async #recover(): Promise<void> {
    const store = await this.#openStore()
    const { config, recoveryWords } = this.#instance
    await openByWords({ store, config }, recoveryWords)
    const app = await this.#start(store)
    await readEverything(this.#instance, this.#furniture, app)
    // Reading makes events: without this there would be ever more to rewrap.
    const sql = (table: string) => `delete from ${table} where id > ?u`
    await this.#instance.tamper(sql('webhook_event'), this.#newestEvent)
    await this.#instance.tamper(`${sql('outbox')} and lane = 'webhook'`, this.#newestEvent)
    await this.#finish(app)
    await expectComplete(store.reader)
    await store.close()
  }

  #openStore(): Promise<Store> {
    return openStore(this.#instance.config, { checkpoints: false })
  }

  /** A process as it starts: it knows what its seal opens, and nothing else. */
  async #start(store: Store): Promise<App> {
    const { config } = this.#instance
    const rootKeys = await openByFile({ store, config })
    const clock = this.#clock
    return createApp(store, rootKeys, { config, clock, publicUrl: () => PUBLIC_URL, jobs: null })
  }

  /** Rewraps, lets old keys go, and does what is asked for. */
  async #finish(app: App): Promise<void> {
    for (let round = 0; round < 2; round++) {
      this.#laterMs += 2 * MINUTE_MS
      await rotationOfApp(app, this.#clock).run()
    }
  }
}

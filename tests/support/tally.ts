// Counts what random cases came to, so that a test can fail when something hardly occurred.

export class Tally {
  private readonly counts = new Map<string, number>()

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }

  /** Prints the counts; those of `names` that are below `least`, which a test expects to be none. */
  rare(names: readonly string[], least: number): string[] {
    console.log('how often:', Object.fromEntries(this.counts))
    return names.filter((name) => (this.counts.get(name) ?? 0) < least)
  }
}

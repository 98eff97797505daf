// How many operations there are: every test that walks them asserts that it saw so many.

/** By kind. Whoever adds an operation raises the number here, and nowhere else. */
export const OPERATIONS_BY_KIND = { activity: 50, query: 26, vote: 2 }

/** Older versions of activities, beside the newest ones. */
const OLDER_VERSIONS = 19

export const OPERATIONS = Object.values(OPERATIONS_BY_KIND).reduce((sum, n) => sum + n, 0)

export const OPERATIONS_AND_VERSIONS = OPERATIONS + OLDER_VERSIONS

// What happens, and how often: over all states of the model and everybody who could ask.

/** The row of a policy that allows everything to everybody. */
export const ALLOWS_ALL = {
  organization_id: 'organization',
  id: 'policy',
  name: 'policy',
  effect: 'allow',
  consensus: '',
  condition: '',
  notes: '',
  limits: null,
  created_ms: 1,
  updated_ms: 1,
}

export const BY_POLICY = {
  'create, policy: AUTHENTICATOR_LABEL_NOT_UNIQUE': 423,
  'create, policy: PUBLIC_KEY_IN_USE': 1865,
  'create, policy: USER_NOT_FOUND': 176,
  'create, policy: done': 1456,
  'delete credential, policy: API_KEY_NOT_FOUND': 1119,
  'delete credential, policy: AUTHENTICATOR_NOT_FOUND': 337,
  'delete credential, policy: QUORUM_WITHOUT_CREDENTIALS': 661,
  'delete credential, policy: USER_NOT_FOUND': 176,
  'delete credential, policy: done': 1627,
  'delete user, policy: QUORUM_USERS_MISSING': 1444,
  'delete user, policy: USER_NOT_FOUND': 128,
  'delete user, policy: done': 780,
}

export const BY_OWN_USER = {
  'create, ownUser: AUTHENTICATOR_LABEL_NOT_UNIQUE': 336,
  'create, ownUser: PUBLIC_KEY_IN_USE': 1320,
  'create, ownUser: done': 448,
  'delete credential, ownUser: API_KEY_NOT_FOUND': 336,
  'delete credential, ownUser: AUTHENTICATOR_NOT_FOUND': 112,
  'delete credential, ownUser: QUORUM_WITHOUT_CREDENTIALS': 465,
  'delete credential, ownUser: done': 1191,
}

export const BY_ROOT_QUORUM = {
  'create, rootQuorum: AUTHENTICATOR_LABEL_NOT_UNIQUE': 393,
  'create, rootQuorum: PUBLIC_KEY_IN_USE': 1688,
  'create, rootQuorum: USER_NOT_FOUND': 236,
  'create, rootQuorum: done': 1128,
  'delete credential, rootQuorum: API_KEY_NOT_FOUND': 865,
  'delete credential, rootQuorum: AUTHENTICATOR_NOT_FOUND': 263,
  'delete credential, rootQuorum: USER_NOT_FOUND': 236,
  'delete credential, rootQuorum: done': 2081,
  'delete user, rootQuorum: QUORUM_USERS_MISSING': 1293,
  'delete user, rootQuorum: USER_NOT_FOUND': 170,
  'delete user, rootQuorum: done': 604,
  'set quorum, rootQuorum: QUORUM_USERS_MISSING': 1315,
  'set quorum, rootQuorum: done': 6953,
}

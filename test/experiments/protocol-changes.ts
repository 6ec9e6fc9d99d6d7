/**
 * For each parameter of each protocol a value unlike the default, and the situation in which it matters: words name situations
 * that each kind of study has in its own way, `key=value` sets a parameter of the same protocol.
 */
export interface ProtocolChange {
  readonly to: string;
  readonly given: readonly string[];
}

const change = (to: string, ...given: string[]): ProtocolChange => ({ to, given });

/** Parameters of values that Kademlia keeps, which serving does not use. */
export const PUBLICATION_KEYS: readonly string[] = ['republishPeriod', 'publishPeriod', 'expiry'];

const WALK = {
  lookup: change('iterative'),
  hopAcks: change('false'),
  rpcTimeout: change('100ms', 'crashes'),
  lookupAttempts: change('3', 'lossy'),
  lookupTimeout: change('300ms', 'lossy', 'hopAcks=false'),
  lookupRetries: change('0', 'lossy', 'hopAcks=false', 'lookupTimeout=300ms'),
  hopLimit: change('1'),
};

const FORGETFUL = ['rpcTimeout=100ms', 'maintenanceAttempts=1', 'probePeriod=200ms', 'crashes'];

const CHORD_ROUNDS = 'stabilisePeriod=100ms';
const PASTRY_ROUNDS = 'leafSetPeriod=100ms';
const KADEMLIA_ROUNDS = 'refreshPeriod=200ms';

export const PROTOCOL_CHANGES: Readonly<Record<'chord' | 'kademlia' | 'pastry', Readonly<Record<string, ProtocolChange>>>> = {
  chord: {
    ...WALK,
    successors: change('1', 'few'),
    routing: change('fingers-and-list'),
    checkOwner: change('false', 'stored back'),
    confirmOwner: change('true'),
    ownerRedirects: change('false', 'confirmOwner=true', 'returns'),
    maintenanceAttempts: change('1', 'lossy', CHORD_ROUNDS, 'rpcTimeout=100ms'),
    maintenance: change('false', CHORD_ROUNDS),
    stabilisePeriod: change('100ms'),
    periodSpread: change('0', CHORD_ROUNDS),
    fixFingers: change('all', CHORD_ROUNDS),
    fixFingersPeriod: change('250ms', CHORD_ROUNDS),
    fillFingersOnJoin: change('false', 'joined'),
    repairOnTimeout: change('false', 'crashes', 'rpcTimeout=100ms'),
    droppedPeers: change('0', CHORD_ROUNDS, ...FORGETFUL),
    probePeriod: change('150ms', CHORD_ROUNDS, ...FORGETFUL),
  },
  kademlia: {
    k: change('4', 'few'),
    alpha: change('1'),
    digitBits: change('2', 'k=3'),
    termination: change('no-closer', 'rounds=synchronous'),
    resiliency: change('4'),
    rounds: change('synchronous'),
    fullBucket: change('ping', 'k=3', 'joined'),
    tables: change('grown', 'k=3'),
    replacements: change('0', 'k=3', 'long joined', 'staleAfter=1', 'rpcTimeout=100ms', 'crashes'),
    staleAfter: change('1', 'rpcTimeout=100ms', 'crashes'),
    rpcTimeout: change('100ms', 'crashes'),
    lookupAttempts: change('3', 'lossy'),
    maintenance: change('false', KADEMLIA_ROUNDS),
    refreshPeriod: change('200ms'),
    periodSpread: change('0.5', KADEMLIA_ROUNDS),
    republishPeriod: change('300ms', 'values'),
    publishPeriod: change('300ms', 'values'),
    expiry: change('300ms', 'values'),
    repairOnTimeout: change('false', 'rpcTimeout=100ms', 'crashes'),
    droppedPeers: change('0', 'rpcTimeout=100ms', 'staleAfter=1', 'probePeriod=200ms', 'crashes'),
    probePeriod: change('150ms', 'rpcTimeout=100ms', 'staleAfter=1', 'probePeriod=200ms', 'crashes'),
  },
  pastry: {
    ...WALK,
    hopLimit: change('1', 'leafSet=4', 'digitBits=1'),
    digitBits: change('2', 'leafSet=4'),
    leafSet: change('4', 'few'),
    neighbourhood: change('2', 'zones', 'joined'),
    proximity: change('false', 'zones', 'leafSet=4', 'digitBits=1'),
    proximitySamples: change('1', 'zones', 'leafSet=4', 'digitBits=1'),
    maintenanceAttempts: change('1', 'lossy', PASTRY_ROUNDS, 'rpcTimeout=100ms'),
    maintenance: change('false', PASTRY_ROUNDS),
    leafSetPeriod: change('100ms'),
    rowPeriod: change('200ms'),
    periodSpread: change('0', PASTRY_ROUNDS),
    improveOnJoin: change('false', 'zones', 'joined'),
    repairOnTimeout: change('false', 'rpcTimeout=100ms', 'crashes'),
    droppedPeers: change('0', PASTRY_ROUNDS, ...FORGETFUL),
    probePeriod: change('150ms', PASTRY_ROUNDS, ...FORGETFUL),
  },
};

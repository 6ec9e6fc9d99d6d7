/** What no single key of an overlay study can say: values that contradict each other. */
import { OVERLAY_NAMES } from '../system-names.ts';
import { checkProtocol, checkTimeout } from './check-protocol.ts';
import type { Origin } from './complain.ts';
import { ConfigError } from './config-error.ts';
import type { OverlayStudyConfig } from './overlay-study-fields.ts';

/**
 * Refuses a trial whose keys contradict each other.
 * @throws ConfigError naming the key, its value and what it must agree with
 */
export function checkOverlayStudy(config: OverlayStudyConfig, origin: Origin, systems: readonly string[]): void {
  const refuse = (path: string, value: unknown, expected: string): never => {
    throw new ConfigError({ at: origin(path.split('.')), path, value, expected });
  };
  const identities = identityCount(config);
  if (Math.log2(identities) > config.idBits - 2) {
    refuse('nodes', config.nodes, `${identities} identifiers in a space of ${config.idBits} bits; expected at most 2^(idBits − 2), so idBits of at least ${Math.ceil(Math.log2(identities)) + 2}`);
  }
  const { failures, churn, lookups } = config;
  if (failures.leave + failures.crash >= 1) refuse('failures.crash', failures.crash, 'leaves nobody; failures.leave and failures.crash together must stay below 1');
  if (churn.kind !== 'none' && lookups.ratePerSecond === null) {
    refuse('lookups.rate', 'none', 'with churn, lookups need a rate, such as 10/s: it says how long is measured');
  }
  const { zones, latencyNs, interZoneLatencyNs } = config.network;
  const roundTripNs = 2 * (zones === 1 ? latencyNs : Math.max(latencyNs, interZoneLatencyNs));
  for (const protocol of OVERLAY_NAMES) {
    if (!systems.includes(protocol)) continue;
    checkProtocol(protocol, config, '', refuse);
    checkTimeout(protocol, config, roundTripNs, '', refuse);
  }
}

/** Identifiers that may ever take part: with churn, as many more as are absent on average. */
export function identityCount(config: OverlayStudyConfig): number {
  const { churn, nodes } = config;
  if (churn.kind === 'none' || churn.kind === 'trace') return nodes;
  return Math.ceil((nodes * (churn.sessionNs + churn.absenceNs)) / churn.sessionNs);
}

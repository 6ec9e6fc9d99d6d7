import type { Nanoseconds } from '../kernel/time.ts';
import type { Degradation } from './link-condition.ts';
import type { HostId } from './topology.ts';

interface Timed {
  readonly atNs: Nanoseconds;
  /** How long the fault lasts; for good when absent. */
  readonly forNs?: Nanoseconds;
}

/** One fault of a schedule. */
export type Fault = Timed &
  (
    | { readonly crash: readonly HostId[] }
    /** A graceful leave: the hosts stay up and say goodbye; coming back is joining anew. */
    | { readonly leave: readonly HostId[] }
    | { readonly partition: readonly (readonly HostId[])[] }
    /** Slow links. */
    | { readonly degrade: Degradation & { readonly hosts: readonly HostId[] } }
    /** Slow nodes: what they compute takes `factor` times as long. */
    | { readonly slow: { readonly hosts: readonly HostId[]; readonly factor: number } }
    /** Message loss, everywhere or on one ordered pair. */
    | { readonly loss: { readonly rate: number; readonly from?: HostId; readonly to?: HostId } }
  );

export type FaultKind = 'crash' | 'leave' | 'partition' | 'degrade' | 'slow' | 'loss';

/** What others do when a fault concerns their host; the network itself is told by the schedule. */
export interface FaultHooks {
  readonly onCrash?: (host: HostId) => void;
  readonly onRecover?: (host: HostId) => void;
  /** Required when the schedule holds a leave. */
  readonly onLeave?: (host: HostId) => void;
  readonly onRejoin?: (host: HostId) => void;
  /** Required when the schedule holds a slow node. `factor` is the product of those in force, 1 when the last has ended. */
  readonly onSlow?: (host: HostId, factor: number) => void;
}

/** Which of its forms a fault has. */
export function faultKind(fault: Fault): FaultKind {
  if ('crash' in fault) return 'crash';
  if ('leave' in fault) return 'leave';
  if ('partition' in fault) return 'partition';
  if ('degrade' in fault) return 'degrade';
  if ('slow' in fault) return 'slow';
  return 'loss';
}

/**
 * Refuses a fault that cannot be applied.
 *
 * @param where what the error calls the fault, such as its place in a config
 * @throws RangeError naming the field, its value and what was expected
 */
export function checkFault(fault: Fault, where: string, hostCount: number, now: Nanoseconds, hooks: FaultHooks): void {
  const kinds = ['crash', 'leave', 'partition', 'degrade', 'slow', 'loss'].filter((kind) => kind in fault);
  if (kinds.length !== 1) throw new RangeError(`${where} has ${kinds.length === 0 ? 'no kind' : kinds.join(' and ')}; expected one of crash, leave, partition, degrade, slow, loss`);
  if (!(Number.isSafeInteger(fault.atNs) && fault.atNs >= now)) throw new RangeError(`${where}.atNs is ${fault.atNs}; expected a whole number of nanoseconds, at least ${now}`);
  const { forNs } = fault;
  if (forNs !== undefined && !(Number.isSafeInteger(forNs) && forNs > 0)) throw new RangeError(`${where}.forNs is ${forNs}; expected a whole number of nanoseconds above 0`);
  const checkHosts = (hosts: readonly HostId[]): void => {
    for (const host of hosts) {
      if (!(Number.isInteger(host) && host >= 0 && host < hostCount)) throw new RangeError(`${where} names host ${host}; expected an index from 0 to ${hostCount - 1}`);
    }
  };
  if ('crash' in fault) checkHosts(fault.crash);
  else if ('leave' in fault) {
    checkHosts(fault.leave);
    if (hooks.onLeave === undefined) throw new RangeError(`${where} is a leave; expected the hook onLeave, as only a protocol can leave`);
  } else if ('partition' in fault) {
    checkHosts(fault.partition.flat());
    if (new Set(fault.partition.flat()).size !== fault.partition.flat().length) throw new RangeError(`${where}.partition lists a host twice`);
  } else if ('degrade' in fault) checkDegradation(fault.degrade, where, checkHosts);
  else if ('slow' in fault) {
    checkHosts(fault.slow.hosts);
    if (!(fault.slow.factor > 0 && fault.slow.factor < Infinity)) throw new RangeError(`${where}.slow.factor is ${fault.slow.factor}; expected a finite number above 0`);
    if (hooks.onSlow === undefined) throw new RangeError(`${where} is a slow node; expected the hook onSlow, as nodes compute outside the network`);
  } else checkLoss(fault.loss, where, checkHosts);
}

function checkDegradation(degrade: Degradation & { readonly hosts: readonly HostId[] }, where: string, checkHosts: (hosts: readonly HostId[]) => void): void {
  checkHosts(degrade.hosts);
  const { upFactor = 1, downFactor = 1, extraLatencyNs = 0 } = degrade;
  if (!(upFactor >= 0 && upFactor < Infinity)) throw new RangeError(`${where}.degrade.upFactor is ${upFactor}; expected a finite number ≥ 0`);
  if (!(downFactor >= 0 && downFactor < Infinity)) throw new RangeError(`${where}.degrade.downFactor is ${downFactor}; expected a finite number ≥ 0`);
  if (!(Number.isSafeInteger(extraLatencyNs) && extraLatencyNs >= 0)) {
    throw new RangeError(`${where}.degrade.extraLatencyNs is ${extraLatencyNs}; expected a whole number of nanoseconds ≥ 0`);
  }
}

function checkLoss(loss: { readonly rate: number; readonly from?: HostId; readonly to?: HostId }, where: string, checkHosts: (hosts: readonly HostId[]) => void): void {
  if (!(loss.rate >= 0 && loss.rate <= 1)) throw new RangeError(`${where}.loss.rate is ${loss.rate}; expected a probability from 0 to 1`);
  if ((loss.from === undefined) !== (loss.to === undefined)) throw new RangeError(`${where}.loss names one end; expected both from and to, or neither`);
  if (loss.from !== undefined && loss.to !== undefined) checkHosts([loss.from, loss.to]);
}

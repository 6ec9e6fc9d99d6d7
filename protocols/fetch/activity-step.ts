import type { Nanoseconds } from '../../sim/kernel/time.ts';
import { Kind } from '../../sim/serving/attribution.ts';
import type { ActivityIndex, ActivityKind, ActivityLog } from '../../sim/serving/attribution.ts';

/**
 * Records a step that follows another. Waiting for its turn (a free connection, a back-off, a queue in front of a station) is part
 * of the step, so it begins no later than the end of what released it.
 */
export function recordStep(log: ActivityLog, kind: ActivityKind, startNs: Nanoseconds, endNs: Nanoseconds, releasedBy: ActivityIndex): ActivityIndex {
  return log.add(Kind[kind], Math.min(startNs, log.endNs(releasedBy)), endNs, releasedBy);
}

/** Puts records that are slightly out of order into order, within a bounded window. */
import { InputError } from '../text/input-error.ts';
import { TimedHeap } from '../timed-heap.ts';
import type { TraceRecord } from './trace-record.ts';

/** So many records are held back to let a late one go first. */
const DEFAULT_REORDER_WINDOW = 4096;

/**
 * Gives the records by arrival time, equal times in file order. Up to `window` records are held, so a record may stand up
 * to `window` places later than it should; 0 demands that the file be sorted.
 *
 * @throws InputError, naming the line, on a record that comes later still.
 */
export function* inArrivalOrder(records: Iterable<TraceRecord>, file: string, window = DEFAULT_REORDER_WINDOW): Generator<TraceRecord> {
  if (!Number.isInteger(window) || window < 0) throw new RangeError(`reorder window is ${window}: expected a whole number of at least 0`);
  const held = new TimedHeap<TraceRecord>();
  let lastNs = -Infinity;
  const release = (): TraceRecord => {
    const record = held.pop();
    if (record.arrivalNs < lastNs) {
      const earlierSeconds = (lastNs - record.arrivalNs) / 1e9;
      throw new InputError(
        file,
        record.line ?? 0,
        `arrives ${earlierSeconds} s before a record that has been passed on: sort the file by time, it is more than ${window} places out of order`,
      );
    }
    lastNs = record.arrivalNs;
    return record;
  };
  for (const record of records) {
    held.push(record.arrivalNs, record);
    if (held.size > window) yield release();
  }
  while (held.size > 0) yield release();
}

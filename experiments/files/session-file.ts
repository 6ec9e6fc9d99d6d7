/** A file of node sessions. */
import type { Session } from '../../protocols/overlay/churn.ts';
import { parseSessions } from '../../protocols/overlay/churn.ts';
import { InputError } from '../../workloads/text/input-error.ts';
import { readLines } from './read-lines.ts';

/**
 * Reads the sessions of nodes 0 … nodes − 1, in the order of their joins.
 * @throws InputError for a file that cannot be read or parsed, names another node, or has none in the overlay
 */
export function readSessions(file: string, nodes: number): Session[] {
  const text = [...readLines(file)].join('\n');
  let sessions: Session[];
  try {
    sessions = parseSessions(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const line = /^line (\d+): (.*)$/.exec(error.message);
    throw new InputError(file, line === null ? 0 : Number(line[1]), line === null ? error.message : line[2]);
  }
  if (sessions.length === 0) throw new InputError(file, 1, 'there are no sessions');
  const beyond = sessions.find(({ node }) => node >= nodes);
  if (beyond !== undefined) throw new InputError(file, 0, `names node ${beyond.node}; the config has ${nodes} nodes, 0 to ${nodes - 1}`);
  const last = new Map<number, number>();
  for (const { node, joinNs, endNs } of sessions) {
    if (joinNs < (last.get(node) ?? 0)) throw new InputError(file, 0, `two sessions of node ${node} overlap at ${joinNs / 1e9} s`);
    last.set(node, endNs);
  }
  return sessions;
}

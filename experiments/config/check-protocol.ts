/** What no single parameter of a protocol can say: parameters that contradict each other. */
import type { Protocol } from '../../protocols/overlay/overlay.ts';
import type { ProtocolParameters } from './protocol-fields.ts';
import { formatQuantity } from './units.ts';

/** Refuses a value at a dotted path. */
export type Refuse = (path: string, value: unknown, expected: string) => never;

/** Refuses a wait for answers that no answer can meet: every request would be sent again and again. */
export function checkTimeout(protocol: Protocol, parameters: ProtocolParameters, roundTripNs: number, prefix: string, refuse: Refuse): void {
  const { rpcTimeoutNs } = parameters[protocol];
  if (rpcTimeoutNs > roundTripNs) return;
  const path = `${prefix}${protocol}.rpcTimeout`;
  refuse(path, formatQuantity('duration', rpcTimeoutNs), `no longer than a round trip (${formatQuantity('duration', roundTripNs)}), so every request would time out`);
}

/** Checks the parameters of one protocol; `prefix` leads to its section: `overlay.` or nothing. */
export function checkProtocol(protocol: Protocol, parameters: ProtocolParameters, prefix: string, refuse: Refuse): void {
  switch (protocol) {
    case 'chord':
      return;
    case 'kademlia': {
      const { termination, rounds, resiliency, k } = parameters.kademlia;
      if (termination === 'no-closer' && rounds !== 'synchronous') {
        refuse(`${prefix}kademlia.termination`, termination, `needs ${prefix}kademlia.rounds: synchronous, which say when a round is over`);
      }
      if (resiliency > k) refuse(`${prefix}kademlia.resiliency`, resiliency, `more than ${prefix}kademlia.k (${k}), the nodes a lookup can wait for`);
      return;
    }
    case 'pastry': {
      const { leafSet } = parameters.pastry;
      if (leafSet % 2 !== 0) refuse(`${prefix}pastry.leafSet`, leafSet, 'expected an even number: half on either side');
    }
  }
}

/** An overlay of the protocol and with the parameters that a config names. */
import { Chord } from '../../protocols/overlay/chord/chord.ts';
import type { ChordOptions } from '../../protocols/overlay/chord/options.ts';
import { Kademlia } from '../../protocols/overlay/kademlia/kademlia.ts';
import type { KademliaOptions } from '../../protocols/overlay/kademlia/options.ts';
import type { NodeSetSpec } from '../../protocols/overlay/node-set.ts';
import type { Overlay, Protocol } from '../../protocols/overlay/overlay.ts';
import { Pastry } from '../../protocols/overlay/pastry/pastry.ts';
import type { PastryOptions } from '../../protocols/overlay/pastry/options.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import { SECOND } from '../../sim/kernel/time.ts';
import type { ProtocolParameters } from '../config/protocol-fields.ts';

/** A protocol with its parameters. */
export type ProtocolChoice =
  | { readonly protocol: 'chord'; readonly options: ChordOptions }
  | { readonly protocol: 'kademlia'; readonly options: ProtocolParameters['kademlia'] & Partial<KademliaOptions> }
  | { readonly protocol: 'pastry'; readonly options: PastryOptions };

/** Takes the section of one protocol; the others are not read. */
export function chooseProtocol(protocol: Protocol, parameters: ProtocolParameters): ProtocolChoice {
  switch (protocol) {
    case 'chord':
      return { protocol, options: parameters.chord };
    case 'kademlia':
      return { protocol, options: parameters.kademlia };
    case 'pastry':
      return { protocol, options: parameters.pastry };
  }
}

export function createOverlay(choice: ProtocolChoice, nodes: NodeSetSpec): Overlay {
  switch (choice.protocol) {
    case 'chord':
      return new Chord(nodes, choice.options);
    case 'kademlia':
      return new Kademlia(nodes, choice.options);
    case 'pastry':
      return new Pastry(nodes, choice.options);
  }
}

/** Rounds of maintenance given to the last node that joined. */
const SETTLE_ROUNDS = 6;
/** Kademlia settles by the lookups of the join itself, which end within this. */
const KADEMLIA_SETTLE_NS = 60 * SECOND;

/** Time after the last join until tables are settled. */
export function settlingNs(choice: ProtocolChoice): Nanoseconds {
  switch (choice.protocol) {
    case 'chord':
      return SETTLE_ROUNDS * choice.options.stabilisePeriodNs;
    case 'kademlia':
      return KADEMLIA_SETTLE_NS;
    case 'pastry':
      return SETTLE_ROUNDS * choice.options.leafSetPeriodNs;
  }
}

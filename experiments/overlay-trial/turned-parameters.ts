/** The two knobs that all protocols share, turned into each protocol's own parameters. */
import type { OverlayStudyConfig } from '../config/overlay-study-fields.ts';
import type { Protocol } from '../../protocols/overlay/overlay.ts';
import type { ProtocolChoice } from '../trial/create-overlay.ts';

/** A protocol with the parameters of its section, `pace` and `redundancy` applied; the sections of the others are not read. */
export function turnedParameters(protocol: Protocol, config: OverlayStudyConfig): ProtocolChoice {
  const { pace, redundancy } = config;
  // A period of 0 switches a task off, or ties it to another; it has no pace.
  const paced = (periodNs: number): number => (periodNs === 0 || pace === 1 ? periodNs : Math.max(1, Math.round(periodNs / pace)));
  switch (protocol) {
    case 'chord': {
      const { chord } = config;
      return {
        protocol,
        options: {
          ...chord,
          successors: redundancy ?? chord.successors,
          stabilisePeriodNs: paced(chord.stabilisePeriodNs),
          fixFingersPeriodNs: paced(chord.fixFingersPeriodNs),
          probePeriodNs: paced(chord.probePeriodNs),
        },
      };
    }
    case 'kademlia': {
      const { kademlia } = config;
      const k = redundancy ?? kademlia.k;
      return {
        protocol,
        options: {
          ...kademlia,
          k,
          resiliency: Math.min(kademlia.resiliency, k),
          refreshPeriodNs: paced(kademlia.refreshPeriodNs),
          republishPeriodNs: paced(kademlia.republishPeriodNs),
          probePeriodNs: paced(kademlia.probePeriodNs),
        },
      };
    }
    case 'pastry': {
      const { pastry } = config;
      return {
        protocol,
        options: {
          ...pastry,
          leafSet: redundancy === null ? pastry.leafSet : 2 * redundancy,
          leafSetPeriodNs: paced(pastry.leafSetPeriodNs),
          rowPeriodNs: paced(pastry.rowPeriodNs),
          probePeriodNs: paced(pastry.probePeriodNs),
        },
      };
    }
  }
}

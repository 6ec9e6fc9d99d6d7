import { type Section, paragraph, table } from '../../prose/blocks.ts';
import { type Prose, cite, code, prose } from '../../prose/inline.ts';

/** What is simulated, from which source, and where each model stops. */
export function models(): Section {
  const row = (name: string, what: Prose, page: string): Prose[] => [prose`${name}`, what, [code(page)]];
  return {
    kind: 'section', id: 'models', title: prose`Models`, layout: 'plain',
    blocks: [
      paragraph(prose`Equations, constants and their sources stand on one page a model below ${code('docs/models/')}; this table says what each covers and where it ends.`),
      table(prose`What each model covers`, ['Model', 'What it computes, and its limits', 'Page'], [
        row('Kernel', prose`Events in the order of time and sequence on an integer clock; named random streams; a rolling digest names a run. Cancelling is constant time.`, 'kernel.md'),
        row('Network', prose`Bulk data are fluid flows under max-min fairness ${cite('dataNetworks')}, ${cite('simgrid')}, with storage and per-connection caps as further links; control messages are encoded and cost latency and size. No packets, no TCP dynamics; connections cost handshakes.`, 'network.md'),
        row('Overlays', prose`Chord ${cite('chord')}, Pastry ${cite('pastry')} and Kademlia ${cite('kademlia')} as message protocols: joins, stabilisation, timeouts, repairs. Nodes know what messages told them; correctness is judged against a ground truth that no node sees.`, 'overlay.md'),
        row('GPU time', prose`Roofline with measured efficiencies, polynomial or measured grids for prefill and decode; fits and errors against published latencies ${cite('vidur')}, ${cite('splitwise')}, ${cite('distserve')} are on the page. A question outside a fitted range is answered and flagged.`, 'hardware.md'),
        row('Serving', prose`Continuous batching ${cite('orca')} with chunked prefill ${cite('sarathi')} under a token budget, KV blocks with preemption ${cite('paged')}, first come first served; requests that wait for KV do not hold the GPU.`, 'serving.md'),
        row('Stores and placement', prose`Tiers of memory and drives with eviction; segments by layer, head or position on the replicas that the overlay names; repair after crashes. Writes are charged.`, 'stores.md'),
        row('Fetch and prefetch', prose`Lookups, connection pool, segments from several holders, timeouts, hedges; prefetch above a predicted wait, with its waste counted.`, 'prefetch.md'),
        row('KV data', prose`Sizes from the model catalogue; codecs are real code whose ratio and error are measured, their speed comes from the hardware catalogue.`, 'codecs.md'),
        row('Stitching', prose`Keys rotated to new positions ${cite('roformer')}, block-diagonal attention ${cite('block')}, optional recomputation; its effect on text is measured, not simulated.`, 'quality.md'),
        row('Prefix routing', prose`Radix trees, anti-entropy, estimates that age ${cite('prefix')}; stale metadata costs hits, never outputs.`, 'prefix-routing.md'),
        row('Workloads', prose`Poisson, bursty and closed-loop arrivals, Zipf popularity, sessions, text corpora, recorded traces and generators with stated statistics.`, 'workloads.md'),
        row('Statistics', prose`Intervals, paired differences, analysis of variance ${cite('jain')}, warm-up checks, sequential stopping.`, 'statistics.md'),
      ]),
    ],
  };
}

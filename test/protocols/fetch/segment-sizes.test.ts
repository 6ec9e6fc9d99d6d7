/** One chunk as one large segment, or as many small ones: the same bytes, once, in the time that links and steps need. */
import { describe, expect, it } from 'vitest';
import { gpuByName } from '../../../sim/hardware/gpu-catalogue.ts';
import { CORE_BYTES_PER_SECOND } from '../../../sim/hardware/host-cpu.ts';
import { CHUNK_BYTES, FetchWorld, LATENCY_NS } from './fetch-world.ts';

const SIZES = [1, 8, 64, 512];
/** From the call of a copy to its first byte (copy-engine.ts). */
const COPY_LATENCY_NS = 10_000;
const COPY_BYTES_PER_SECOND = gpuByName('A100-80GB').hostToDeviceBytesPerSecond;

interface Cluster {
  readonly holders: number;
  readonly upBps: number;
  readonly downBps: number;
}

/** Fetches the chunk in so many segments; the time until the last is on the GPU. */
function fetchNs(cluster: Cluster, segments: number): number {
  const world = new FetchWorld({ ...cluster, segments });
  for (let host = 1; host <= cluster.holders; host++) world.give(host);
  let landedNs = -1;
  const job = world.fetch(() => { landedNs = world.sim.now; });
  world.sim.run();
  world.fetcher.checkConservation();
  // All of it, once, from as many holders as there are segments for.
  expect(job.fetches[0]).toMatchObject({ outcome: 'remote', segmentsLeft: 0, arrivedBytes: CHUNK_BYTES });
  expect(job.cost).toMatchObject({ bytesRequested: CHUNK_BYTES, bytesFetched: CHUNK_BYTES, bytesAbandoned: 0, timeouts: 0, lookups: segments });
  expect(job.cost.holders.size).toBe(Math.min(segments, cluster.holders));
  return landedNs;
}

/** What no fetch can beat, and what a pipeline of its steps needs at most. */
function bounds({ holders, upBps, downBps }: Cluster, segments: number): { leastNs: number; mostNs: number } {
  const sizeBytes = CHUNK_BYTES / segments;
  const busiestBytes = Math.ceil(segments / holders) * sizeBytes;
  const wireNs = Math.max((busiestBytes * 8) / upBps, (CHUNK_BYTES * 8) / downBps) * 1e9;
  // Two round trips of the handshake, the request, the first byte.
  const setUpNs = 6 * LATENCY_NS;
  // The last segment is checked on a core and copied; where all holders end at once, theirs are copied one after another.
  const checkNs = (sizeBytes / CORE_BYTES_PER_SECOND.checksum) * 1e9;
  const copyNs = COPY_LATENCY_NS + (sizeBytes / COPY_BYTES_PER_SECOND) * 1e9;
  // A request names each of its segments in at most 16 bytes, below 100 for the rest.
  const requestNs = ((100 + 16 * Math.ceil(segments / holders)) * 8e9) / Math.min(upBps, downBps);
  const together = Math.min(segments, holders);
  return { leastNs: setUpNs + wireNs + checkNs + copyNs, mostNs: setUpNs + requestNs + wireNs + checkNs + together * copyNs + 1000 };
}

const clusters: [string, Cluster][] = [
  ['one holder of 10 Gbps', { holders: 1, upBps: 10e9, downBps: 40e9 }],
  ['four holders of 2.5 Gbps, which bind', { holders: 4, upBps: 2.5e9, downBps: 40e9 }],
  ['eight holders of 2.5 Gbps, which bind', { holders: 8, upBps: 2.5e9, downBps: 40e9 }],
  ['four holders of 10 Gbps behind a receiver of 10, which binds', { holders: 4, upBps: 10e9, downBps: 10e9 }],
];

describe.each(clusters)('%s', (_, cluster) => {
  it.each(SIZES)('64 MiB in %i segments come once each, in the time of the binding link and the steps of the last segments', (segments) => {
    const { leastNs, mostNs } = bounds(cluster, segments);
    const took = fetchNs(cluster, segments);
    expect(took).toBeGreaterThanOrEqual(leastNs - 1000);
    expect(took).toBeLessThanOrEqual(mostNs);
  });

  it('smaller segments are never slower by more than their requests take', () => {
    const times = SIZES.map((segments) => fetchNs(cluster, segments));
    for (let i = 1; i < times.length; i++) expect(times[i]).toBeLessThan(1.01 * times[i - 1]);
  });
});

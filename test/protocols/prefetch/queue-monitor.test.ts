import { describe, expect, it } from 'vitest';
import { QueueMonitor } from '../../../protocols/prefetch/queue-monitor.ts';
import type { PeerNode } from '../../../protocols/systems/peer-node.ts';

/** A node whose engine says: so long until the step ends, so long in all. */
const node = (stepNs: number, waitNs: number): PeerNode => ({ engine: { stepRemainingNs: () => stepNs, estimateWaitNs: () => waitNs } }) as unknown as PeerNode;
const request = { id: 0, arrivalNs: 0, units: [{ id: 1, tokens: 300 }, { id: 2, tokens: 700 }], reuse: 'chunk' as const, suffixTokens: 50, outputTokens: 1 };

describe('the queue monitor', () => {
  it('believes the engine at first, then learns by how much waits exceed what it says, beyond the step under way', () => {
    const monitor = new QueueMonitor();
    const peer = node(100, 1100);
    expect(monitor.predictNs(peer)).toBe(1100);
    // Queues took three times as long as was said; the step under way counts as it is.
    for (let i = 0; i < 200; i++) monitor.reached(peer, 1100, 100, 3100);
    expect(monitor.predictNs(peer)).toBe(3100);
    expect(monitor.predictNs(node(100, 1100))).toBe(1100);
  });

  it('learns nothing from waits that were the step under way alone', () => {
    const monitor = new QueueMonitor();
    const peer = node(100, 1100);
    for (let i = 0; i < 200; i++) monitor.reached(peer, 100, 100, 5000);
    expect(monitor.predictNs(peer)).toBe(1100);
  });

  it('expects what was missed of late to be missed again: all at first', () => {
    const monitor = new QueueMonitor();
    const peer = node(0, 0);
    expect(monitor.expectedPrefillTokens(peer, request)).toBe(1050);
    for (let i = 0; i < 400; i++) monitor.learn(peer, 750, 1000);
    expect(monitor.expectedPrefillTokens(peer, request)).toBe(300);
  });
});

import { describe, expect, it } from 'vitest';
import { axisTitleOf } from '../../../reports/figures/figure-text.ts';

describe('the title of an axis', () => {
  it('names the unit unless a word of the label does, and the unit alone where both do not fit', () => {
    expect(axisTitleOf('Time to distrust', 's', false, 400)).toBe('Time to distrust (s)');
    expect(axisTitleOf('Mean hops', 'hops', false, 400)).toBe('Mean hops');
    expect(axisTitleOf('Messages', '', false, 400)).toBe('Messages');
    expect(axisTitleOf('Share of requests that were sent on', '%', false, 80)).toBe('Share (%)');
    expect(axisTitleOf('Time to distrust', 's', false, 60)).toBe('Time (s)');
    expect(axisTitleOf('Entries per node of the table', 'entries', false, 60)).toBe('Entries');
  });

  it('leaves symbols of units as they are', () => {
    expect(axisTitleOf('Mean TTFT', 'ms', true, 95)).toBe('ms');
    expect(axisTitleOf('Renewal traffic', 'MiB/s', false, 40)).toBe('MiB/s');
  });
});

import { describe, expect, it } from 'vitest';
import { COST_PROFILE_FORMAT, costModelOfProfile, packTables, parseCostProfile, type CostProfile, type MeasuredProfile, type PolynomialProfile, type RooflineProfile } from '../../../sim/hardware/cost-profile.ts';
import type { ProfileTables } from '../../../sim/hardware/profile-tables.ts';

const head = { format: COST_PROFILE_FORMAT, name: 'test', source: 'made up', gpu: 'A100-80GB', model: 'Llama-2-7B', tensorParallel: 1 } as const;
const roofline: RooflineProfile = { ...head, kind: 'roofline', efficiencies: { gemm: 0.5, attention: 0.4, memory: 0.8, layerOverheadNs: 1000 } };
const polynomial: PolynomialProfile = { ...head, kind: 'polynomial', prefill: [10, 0.1, 1e-6], decodeSmall: [20, 1e-4, 0.1], decodeLarge: [30, 1e-4, 0.2], decodeLargeFrom: 64, promptTokens: [1, 4096] };
const tables: ProfileTables = {
  dense: ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'].flatMap((layer) => [1, 100].map((size) => ({ layer, size, timeUs: size }))),
  perSequence: [{ layer: 'lm_head', size: 1, timeUs: 9 }],
  attention: [{ prefillChunk: 16, kvPrefill: 0, decodeSequences: 0, kvDecode: 0, timeUs: 4 }, { prefillChunk: 0, kvPrefill: 0, decodeSequences: 1, kvDecode: 16, timeUs: 3 }],
};
const measured: MeasuredProfile = { ...head, kind: 'profile', stepOverheadNs: 5000, ...packTables(tables) };

describe('cost profiles', () => {
  it.each<CostProfile>([roofline, polynomial, measured])('a $kind profile comes back from its text and prices steps', (profile) => {
    const read = parseCostProfile('p.json', JSON.stringify(profile));
    expect(read).toEqual(profile);
    const costs = costModelOfProfile(read);
    expect(costs.source).toContain('made up');
    expect(costs.prefillNs(16, 0)).toBe(costModelOfProfile(profile).prefillNs(16, 0));
    expect(costs.prefillNs(16, 0)).toBeGreaterThan(0);
  });

  it('a polynomial without large-batch coefficients keeps to the small ones', () => {
    const plain: PolynomialProfile = { ...head, kind: 'polynomial', prefill: [10, 0.1, 1e-6], decodeSmall: [20, 1e-4, 0.1], promptTokens: [1, 4096] };
    expect(parseCostProfile('p.json', JSON.stringify(plain))).toEqual(plain);
  });

  it.each([
    ['{', /p\.json: no JSON/],
    ['[]', /p\.json: the file must be an object/],
    ['{}', /p\.json: format is missing/],
    [JSON.stringify({ ...roofline, format: 'other' }), /format must be one of p2p-ragcache cost profile 1, not "other"/],
    [JSON.stringify({ ...roofline, kind: 'magic' }), /kind must be one of roofline, polynomial, profile, not "magic"/],
    [JSON.stringify({ ...roofline, gpu: 'A100-80B' }), /did you mean A100-80GB/],
    [JSON.stringify({ ...roofline, tensorParallel: 0 }), /tensorParallel must be a number of at least 1, not 0/],
    [JSON.stringify({ ...roofline, efficiencies: { gemm: 'high' } }), /efficiencies\.gemm must be a number of at least 0, not "high"/],
    [JSON.stringify({ ...polynomial, prefill: [1, 2] }), /prefill must be 3 numbers, not \[1,2\]/],
    [JSON.stringify({ ...measured, attention: [[1, 2]] }), /attention must be rows of 5 numbers/],
    [JSON.stringify({ ...measured, dense: { qkv_proj: [[1]] } }), /dense\.qkv_proj must be rows of 2 numbers/],
  ])('refuses %s', (text, message) => {
    expect(() => parseCostProfile('p.json', text)).toThrow(message);
  });
});

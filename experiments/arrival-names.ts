/** How the arrivals of made workloads can be spaced. */
export const ARRIVALS = ['poisson', 'constant', 'gamma', 'diurnal', 'closed-loop'] as const;

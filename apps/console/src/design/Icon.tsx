/** Drawn on a grid of 16, one stroke, no fill. */
const PATHS = {
  overview: 'M2 4h12M2 8h12M2 12h8',
  fleet: 'M2 13h12M3 10l3-4 3 2 4-5',
  imports: 'M8 2v8M5 7l3 3 3-3M2.5 12v2h11v-2',
  proof: 'M8 1.8 13 4v4c0 3-2 5-5 6.2C5 13 3 11 3 8V4zM5.8 7.8l1.6 1.7 3-3.2',
  access:
    'M10 6a3 3 0 1 1-6 0 3 3 0 0 1 6 0ZM2 14c.6-2.6 2.6-4 5-4 1.2 0 2.3.3 3.1 1M12 11v4M10 13h4',
  account: 'M10.5 5.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0ZM3 14c.6-3 2.5-4.5 5-4.5s4.4 1.5 5 4.5',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" fill="none" aria-hidden="true">
      <path
        d={PATHS[name]}
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

export function Mark() {
  return (
    <svg width="24" height="24" viewBox="0 0 32 32" fill="none" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0b5f59" />
      <path
        d="M6 21v-4M11 24V12M16 26V6M21 22v-9M26 19v-4"
        stroke="#f7f6f2"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
    </svg>
  );
}

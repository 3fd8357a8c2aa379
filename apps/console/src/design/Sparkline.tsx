import { sparklinePath } from './sparkline-path.ts';

const SIZE = { width: 112, height: 24 };

/** A day at a glance; the label says in words what it shows. */
export function Sparkline({
  values,
  label,
}: {
  readonly values: readonly (number | null)[];
  readonly label: string;
}) {
  return (
    <svg className="sparkline" role="img" aria-label={label} {...SIZE}>
      <path
        d={sparklinePath(values, SIZE)}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.75"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

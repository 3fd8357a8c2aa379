import type { ReactNode } from 'react';
import type { DraftForm } from './draft-form.ts';
import type { Need } from './needs.ts';

/** The place of a choice, marked while it is open; the summary of open choices leads there. */
export function NeedMark({
  form,
  need,
  children,
}: {
  readonly form: DraftForm;
  readonly need: Need;
  readonly children: ReactNode;
}) {
  return (
    <div className="need" id={placeOf(need)} data-open={form.open.needs.has(need)}>
      {children}
    </div>
  );
}

function placeOf(need: Need): string {
  return `need-${need}`;
}

/** Shows the place and puts the focus on its first control. */
export function goTo(need: Need): void {
  const place = document.getElementById(placeOf(need));
  place?.scrollIntoView({ block: 'center' });
  place?.querySelector<HTMLElement>('input, select, textarea')?.focus({ preventScroll: true });
}

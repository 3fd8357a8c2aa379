import type { Choices } from './choices.ts';
import type { Draft, Target, Wish } from './draft.ts';

/** What is left of a file that was chosen before its page was loaded again: everything but the file. */
export interface KeptDraft {
  readonly name: string;
  readonly size: number;
  readonly choices: Choices;
  readonly target?: Target;
  readonly wish?: Wish;
}

const STORED = 'sensorflow.imports';

/** Choices for files that were not sent yet, kept for as long as the tab is open. */
export class KeptDrafts {
  /** Of files that are to be chosen again. */
  private missing = stored();

  list(): readonly KeptDraft[] {
    return this.missing;
  }

  /** Takes out what belongs to the file. */
  take({ name, size }: File): KeptDraft | undefined {
    const found = this.missing.find((kept) => kept.name === name && kept.size === size);
    this.missing = this.missing.filter((kept) => kept !== found);
    return found;
  }

  forget(): void {
    this.missing = [];
  }

  keep(drafts: readonly Draft[]): void {
    const kept = drafts.map(({ file, choices, target, wish }) => ({
      name: file.name,
      size: file.size,
      choices,
      ...(target && { target }),
      ...(wish && { wish }),
    }));
    try {
      sessionStorage.setItem(STORED, JSON.stringify([...this.missing, ...kept]));
    } catch {
      // Without storage they are lost when the page is loaded again.
    }
  }
}

function stored(): readonly KeptDraft[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(STORED) ?? '[]');
    return Array.isArray(kept) ? (kept as readonly KeptDraft[]) : [];
  } catch {
    return [];
  }
}

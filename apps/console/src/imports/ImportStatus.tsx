import { usePreferences } from '../shell/preferences.tsx';
import { useNow } from '../time/use-now.ts';
import type { Import } from './import-queries.ts';
import { fileSize } from './sizes.ts';

const TONES: Readonly<Partial<Record<Import['status'], string>>> = {
  completed: 'state state-on-time',
  'completed-with-errors': 'state state-late',
  failed: 'state state-silent',
};

export function StatusWord({ of: { status, dryRun } }: { readonly of: Import }) {
  const { t } = usePreferences();
  const isChecked = dryRun && status.startsWith('completed');
  return (
    <span className={TONES[status] ?? 'state'}>
      {t(isChecked ? 'imports.checked' : `imports.status.${status}`)}
    </span>
  );
}

interface Progress {
  readonly done: number;
  readonly total: number;
}

/** Of what is under way: reading, bringing sums up to date, taking back. */
export function progressOf({ status, bytes, recomputation, undo }: Import): Progress | undefined {
  if (status === 'undoing') return undo && { done: undo.done, total: undo.total ?? 0 };
  if (status !== 'importing') return undefined;
  return recomputation ?? { done: bytes.processed, total: bytes.total };
}

/** A bar and what it counts, with pace and estimate where they are known. */
export function ImportProgress({ of }: { readonly of: Import }) {
  const { t } = usePreferences();
  const progress = progressOf(of);
  if (!progress) return null;
  const { done, total } = progress;
  return (
    <div className="form">
      <progress
        className="progress"
        aria-label={t(`imports.status.${of.status}`)}
        {...(total > 0 && { value: done, max: total })}
      />
      <p className="quiet">
        <ProgressText of={of} progress={progress} />
      </p>
    </div>
  );
}

function ProgressText({ of, progress }: { readonly of: Import; readonly progress: Progress }) {
  const { t, language, formats } = usePreferences();
  const now = useNow(1000);
  const { status, recomputation, rowsPerSecond, estimatedEndAt } = of;
  const { done, total } = progress;
  const counted =
    status === 'undoing'
      ? t('imports.one.undoHours', { done, total })
      : recomputation
        ? t('imports.one.hours', { done, total })
        : t('imports.one.read', {
            done: fileSize(done, language),
            total: fileSize(total, language),
          });
  const isReading = status === 'importing' && !recomputation && rowsPerSecond !== null;
  const leftMs = estimatedEndAt === null ? 0 : Date.parse(estimatedEndAt) - now;
  return [
    counted,
    isReading && t('imports.one.pace', { rows: formats.count(Math.round(rowsPerSecond)) }),
    leftMs > 0 && t('imports.one.left', { left: formats.duration(leftMs) }),
  ]
    .filter(Boolean)
    .join(' · ');
}

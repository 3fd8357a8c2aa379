import { TableSkeleton } from '../design/DataTable.tsx';
import { Notice, Problem } from '../design/Notice.tsx';
import { ApiProblem, faultText } from '../api/problem.ts';
import { usePreferences } from '../shell/preferences.tsx';
import { ColumnChoices } from './ColumnChoices.tsx';
import { useDraftForm, type DraftForm } from './draft-form.ts';
import type { Draft } from './draft.ts';
import { faultDetail, faultName } from './fault-words.ts';
import { goTo } from './NeedMark.tsx';
import { NEEDS } from './needs.ts';
import { isAboutChoices } from './preview.ts';
import { NumberChoices } from './NumberChoices.tsx';
import { PreviewResult } from './PreviewResult.tsx';
import { TimeChoices } from './TimeChoices.tsx';
import { WrittenChoices } from './WrittenChoices.tsx';

const RAW_LINES = 6;

/** One file: as it stands there, what is understood of it, and everything that can be said of it. */
export function DraftEditor({ draft }: { readonly draft: Draft }) {
  const { t } = usePreferences();
  const { form, lines, error, retry } = useDraftForm(draft);
  if (draft.file.size === 0) return <Notice tone="bad">{t('imports.new.empty')}</Notice>;
  // A refusal of one option is shown beside it; what is not about an option refuses the file.
  const isOfFile = !form || !(error instanceof ApiProblem && isAboutChoices(error));
  return (
    <div className="import-editor">
      <div className="stack">
        <RawLines lines={lines.slice(0, RAW_LINES)} />
        {isOfFile && error && <FileProblem error={error} onRetry={retry} />}
        {!form && !error && <TableSkeleton rows={4} label={t('imports.new.looking')} />}
        {form && <Choices form={form} />}
      </div>
      {form && form.open.fatal.length === 0 && <PreviewResult form={form} />}
    </div>
  );
}

function Choices({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  const { fatal } = form.open;
  if (fatal.length > 0) {
    return fatal.map((fault) => (
      <Notice key={fault.code + fault.detail} tone="bad" title={faultName(fault.code, t)}>
        {faultDetail(fault, t)}
      </Notice>
    ));
  }
  return (
    <>
      <OpenSummary form={form} />
      <WrittenChoices form={form} />
      <TimeChoices form={form} />
      <ColumnChoices form={form} />
      <NumberChoices form={form} />
    </>
  );
}

function OpenSummary({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  const { needs, ofRows } = form.open;
  if (needs.size === 0) {
    return (
      <Notice tone={ofRows.length > 0 ? 'warn' : 'plain'}>
        {t(ofRows.length > 0 ? 'imports.new.someRejected' : 'imports.new.allReady')}
      </Notice>
    );
  }
  return (
    <Notice tone="warn" title={t('imports.new.needs', { count: needs.size })}>
      <span className="chips">
        {NEEDS.filter((need) => needs.has(need)).map((need) => (
          <button key={need} type="button" className="chip" onClick={() => goTo(need)}>
            {t(`imports.need.${need}`)}
          </button>
        ))}
      </span>
    </Notice>
  );
}

function RawLines({ lines }: { readonly lines: readonly string[] }) {
  const { t } = usePreferences();
  return (
    <div className="field">
      <span className="field-label">{t('imports.new.raw')}</span>
      <pre className="code import-raw" tabIndex={0} role="group" aria-label={t('imports.new.raw')}>
        {lines.map((line) => line.slice(0, 400).replaceAll('\0', '␀')).join('\n')}
      </pre>
    </div>
  );
}

function FileProblem({
  error,
  onRetry,
}: {
  readonly error: unknown;
  readonly onRetry: () => void;
}) {
  const { t } = usePreferences();
  const fault = error instanceof ApiProblem ? error.faults[0] : undefined;
  if (!fault) return <Problem error={error} onRetry={onRetry} />;
  return (
    <Notice tone="bad" title={t('imports.new.refused')}>
      {faultText(fault, t)}
    </Notice>
  );
}

import { Notice } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import type { Outcome } from './verification-run.ts';

interface VerdictProps {
  readonly outcome: Outcome;
  /** Undefined for those who may not. */
  readonly onRepair: (() => void) | undefined;
  readonly onVerify: () => void;
}

/** What a verification found, or a repair did, and what to do next. */
export function Verdict({ outcome, onRepair, onVerify }: VerdictProps) {
  const { t } = usePreferences();
  const { checked, differences, repaired } = outcome;
  if (repaired !== undefined) return <Repaired outcome={outcome} onVerify={onVerify} />;
  if (checked === 0 && differences.length === 0) {
    return (
      <Notice title={t('proof.nothing')}>
        <p>{t('proof.nothing.text')}</p>
        <LeftOut outcome={outcome} />
      </Notice>
    );
  }
  if (differences.length === 0) {
    return (
      <Notice title={t('proof.right', { count: checked })}>
        <p>{t('proof.right.text')}</p>
        <LeftOut outcome={outcome} />
      </Notice>
    );
  }
  return (
    <Notice tone="bad" title={t('proof.wrong', { count: differences.length })}>
      <p>{onRepair ? t('proof.wrong.text') : t('proof.wrong.ask')}</p>
      <LeftOut outcome={outcome} />
      {onRepair && (
        <button type="button" className="button button-primary" onClick={onRepair}>
          {t('proof.repair')}
        </button>
      )}
    </Notice>
  );
}

function Repaired({ outcome, onVerify }: Pick<VerdictProps, 'outcome' | 'onVerify'>) {
  const { t } = usePreferences();
  const { differences, repaired = 0 } = outcome;
  const isComplete = repaired === differences.length;
  return (
    <Notice tone={isComplete ? 'plain' : 'warn'} title={t('proof.repaired', { count: repaired })}>
      <p>{isComplete ? t('proof.repaired.text') : t('proof.repaired.partly')}</p>
      <button type="button" className="button" onClick={onVerify}>
        {t('proof.again')}
      </button>
    </Notice>
  );
}

/** Hours that were not compared, and why not. */
function LeftOut({ outcome }: Pick<VerdictProps, 'outcome'>) {
  const { t } = usePreferences();
  return (['openHours', 'sealedHours', 'tooLarge'] as const)
    .filter((reason) => outcome[reason] > 0)
    .map((reason) => (
      <p key={reason} className="quiet">
        {t(`proof.leftOut.${reason}`, { count: outcome[reason] })}
      </p>
    ));
}

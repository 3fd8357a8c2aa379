import { Link } from 'wouter';
import { useSession } from '../api/session.tsx';
import { EmptyState } from '../design/EmptyState.tsx';
import { usePreferences } from '../shell/preferences.tsx';

/** What an empty installation shows: the way to the first reading, for whoever may make a key. */
export function FirstSteps() {
  const { t } = usePreferences();
  const { may } = useSession();
  return (
    <EmptyState title={t('overview.empty.title')} text={t('overview.empty.text')}>
      {may('sensorflow/admin') && (
        <Link href="/first-steps" className="button button-primary">
          {t('first.title')}
        </Link>
      )}
      {may('sensorflow/import') && (
        <Link href="/imports" className="button">
          {t('first.csv')}
        </Link>
      )}
    </EmptyState>
  );
}

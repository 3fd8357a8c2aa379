import type { ReactNode } from 'react';
import { usePreferences } from '../shell/preferences.tsx';
import { Dialog } from './Dialog.tsx';

interface InfoDialogProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly onClose: () => void;
  /** What the button says; "Close" unless set. */
  readonly action?: string;
  /** Only the button closes it, not Escape: what it shows is gone afterwards. */
  readonly isShownOnce?: boolean;
}

/** A dialog with one button at its foot, which closes it. */
export function InfoDialog({
  title,
  children,
  onClose,
  action,
  isShownOnce = false,
}: InfoDialogProps) {
  const { t } = usePreferences();
  return (
    <Dialog title={title} {...(!isShownOnce && { onClose })}>
      <div className="form">
        {children}
        <div className="actions dialog-actions">
          <button
            type="button"
            className={isShownOnce ? 'button button-primary' : 'button'}
            onClick={onClose}
          >
            {action ?? t('app.close')}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

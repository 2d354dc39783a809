// Notifications as in a real inbox, for the screenshots.

import { titled } from "./stage.ts";

export const ENGLISH = [
  ...[1, 2, 3, 4].map((n) =>
    titled(
      `Build ${113 + n} passed`,
      { category: "ci" },
      { body: "main · 4 minutes 12 seconds", url: `/builds/${113 + n}` },
    ),
  ),
  titled(
    "Invoice 2026-018 is due in three days",
    { category: "billing" },
    {
      body: "€ 1,240.00 for November. Pay before the 24th to avoid a late fee.",
      url: "/invoices/18",
      actions: [
        { action: "pay", title: "Pay now", url: "/pay" },
        { action: "later", title: "Remind me" },
      ],
    },
  ),
  titled(
    "Grace Hopper mentioned you in “Launch plan”",
    { category: "comments" },
    {
      body: "“@ada can you check the numbers in the second table before Thursday? I think the third row is off by one.”",
      url: "/comments/7",
      icon: "/picture.svg",
    },
  ),
  titled(
    "Build 118 failed",
    { category: "ci" },
    {
      body: "test/inbox/state.test.ts: 2 of 412 tests failed",
      url: "/builds/118",
      actions: [
        { action: "log", title: "View log", url: "/log" },
        { action: "retry", title: "Retry" },
      ],
    },
  ),
  titled(
    "Deployed to production",
    { category: "ci" },
    { body: "main is live in 14 regions.", url: "/d" },
  ),
];

export const HEBREW = [
  titled(
    "הבנייה נכשלה",
    { category: "בנייה" },
    { body: "שתי בדיקות מתוך 412 נכשלו", url: "/b", lang: "he" },
  ),
  titled(
    "Build 118 passed",
    { category: "בנייה" },
    { body: "main is live", lang: "en", dir: "ltr" },
  ),
  titled(
    "גרייס הזכירה אותך ב״תוכנית ההשקה״",
    { category: "תגובות" },
    {
      body: "״תוכלי לבדוק את המספרים בטבלה השנייה לפני יום חמישי?״",
      icon: "/picture.svg",
      actions: [{ action: "reply", title: "להשיב" }],
    },
  ),
];
export const HEBREW_LABELS = {
  title: "התראות",
  all: "הכול",
  unread: "לא נקראו",
  markAllRead: "לסמן הכול כנקרא",
  markRead: "לסמן כנקרא",
  markUnread: "לסמן כלא נקרא",
  archive: "לארכיון",
  archived: "הועבר לארכיון",
  undo: "ביטול",
};

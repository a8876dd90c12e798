// Which page is shown: by who is signed in, then by the address.

import { useEffect, useRef } from "react";
import { Redirect, Route, Switch, useLocation, useSearch } from "wouter";
import { type Live, ShownContext, useLive } from "./api/live";
import { useToken } from "./fragment";
import { m } from "./messages";
import { AccountPage } from "./pages/account";
import { CampaignPage } from "./pages/campaign";
import { CampaignsPage } from "./pages/campaigns";
import { EditCampaignPage, NewCampaignPage } from "./pages/compose";
import { ContactsPage } from "./pages/contacts";
import { GroupsPage } from "./pages/groups";
import { NotFoundPage } from "./pages/not-found";
import { PeoplePage } from "./pages/people";
import { SendingPage } from "./pages/sending";
import { SetUpPage } from "./pages/set-up";
import { SignInPage } from "./pages/sign-in";
import { SignInLinkPage } from "./pages/sign-in-link";
import { SignUpPage } from "./pages/sign-up";
import { WaitingPage } from "./pages/waiting";
import { WhatsAppPage } from "./pages/whatsapp";
import { Announcer, announce } from "./parts/announce";
import { ConnectionBanner } from "./parts/connection";
import { Shell } from "./parts/shell";
import { Splash } from "./parts/splash";
import { places, signInFrom, wayBack } from "./places";

export function App() {
  return (
    <>
      <Announcer />
      <Pages />
    </>
  );
}

/** Tells somebody who waits that they have been let in: the page changes under them. */
function useApproval(live: Live): void {
  const role = live.phase === "signed-in" ? live.known?.account.role : undefined;
  const before = useRef(role);
  useEffect(() => {
    if (before.current === "GUEST" && role && role !== "GUEST") announce(m.waiting.approved);
    before.current = role;
  }, [role]);
}

function Pages() {
  const live = useLive();
  useApproval(live);
  const [place] = useLocation();
  const query = useSearch();
  const token = useToken();

  if (token !== null && place === places.signIn) return <SignInLinkPage token={token} />;
  switch (live.phase) {
    case "asking":
    case "unreachable":
      return <Splash />;
    case "signed-out":
      return (
        <>
          <Switch>
            <Route path={places.setUp} component={SetUpPage} />
            <Route path={places.signUp} component={SignUpPage} />
            <Route path={places.signIn} component={SignInPage} />
            <Route>
              <Redirect to={signInFrom(place)} replace />
            </Route>
          </Switch>
          <ConnectionBanner />
        </>
      );
    case "signed-in": {
      const { known } = live;
      if (!known) return <Splash />;
      if (known.account.role === "GUEST") {
        return (
          <>
            <ConnectionBanner />
            <WaitingPage account={known.account} />
          </>
        );
      }
      if (place === places.signIn || place === places.signUp || place === places.setUp) {
        return <Redirect to={wayBack(query)} replace />;
      }
      return (
        <ShownContext.Provider value={{ ...live, known }}>
          <Shell>
            <Switch>
              <Route path={places.home}>
                <Redirect to={known.session?.linkedAt ? places.campaigns : places.whatsApp} replace />
              </Route>
              <Route path={places.campaigns} component={CampaignsPage} />
              <Route path={places.newCampaign} component={NewCampaignPage} />
              <Route path={`${places.campaigns}/:id`}>{({ id }) => <CampaignPage key={id} id={id} />}</Route>
              <Route path={`${places.campaigns}/:id/edit`}>{({ id }) => <EditCampaignPage key={id} id={id} />}</Route>
              <Route path={places.whatsApp} component={WhatsAppPage} />
              <Route path={places.groups} component={GroupsPage} />
              <Route path={places.contacts} component={ContactsPage} />
              <Route path={places.account} component={AccountPage} />
              {known.account.role === "ADMIN" && <Route path={places.people} component={PeoplePage} />}
              {known.account.role === "ADMIN" && <Route path={places.sending} component={SendingPage} />}
              <Route component={NotFoundPage} />
            </Switch>
          </Shell>
        </ShownContext.Provider>
      );
    }
  }
}

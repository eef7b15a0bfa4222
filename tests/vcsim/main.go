// A VirtualCenter for the tests: govmomi's simulator as Debian packages it, with roles and permissions of a test's own.
//
// Added to what Debian's simulator can do, because the tests need it: several accounts, which may do different things;
// a log of the calls and a count of the sessions; the older of the API's two namespaces; endpoints as old as TLS 1.0.
//
// Usage: vcsim CONFIG.json. Prints {"port": N} and serves until its standard input ends, so that none is left behind.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

const readOnly = -2

type account struct {
	User     string `json:"user"`
	Password string `json:"password"`
	Role     int32  `json:"role"` // on the root folder; -3: a role on a branch only; -5: none anywhere
}

type permission struct {
	Principal string `json:"principal"`
	IsGroup   bool   `json:"is_group"`
	Role      string `json:"role"`
	Entity    string `json:"entity"`
	Here      bool   `json:"here_only"` // does not propagate
}

type config struct {
	Certificate string       `json:"certificate"` // PEM file: certificate and key
	Namespace   string       `json:"namespace"`   // vim25, or vim2 as VirtualCenter 2.0 speaks it
	OldTLS      bool         `json:"old_tls"`     // TLS 1.0 and nothing newer
	Accounts    []account    `json:"accounts"`
	Permissions []permission `json:"permissions"`
	// Milliseconds by method, before it is looked at.
	Slow map[string]int `json:"slow"`
}

// What an account with the role Read-only may call.
var reading = map[string]bool{"Logout": true, "RetrieveAllPermissions": true, "RetrieveProperties": true}

// A call, as far as the tests need it.
type call struct {
	Body struct {
		Method struct {
			XMLName  xml.Name
			UserName string `xml:"userName"`
			Password string `xml:"password"`
		} `xml:",any"`
	} `xml:"Body"`
}

type center struct {
	config   config
	service  *simulator.Service
	root     *simulator.Folder
	mutex    sync.Mutex
	sessions map[string]account // by cookie
	calls    []string
}

func main() {
	log.SetFlags(0)
	c := &center{sessions: map[string]account{}}
	content, err := os.ReadFile(os.Args[1])
	check(err)
	check(json.Unmarshal(content, &c.config))
	model := simulator.VPX()
	model.Cluster, model.Host, model.Machine, model.Portgroup = 0, 0, 0, 0
	check(model.Create())
	defer model.Remove()
	c.service = model.Service
	c.service.Listen = &url.URL{}
	c.service.RegisterSDK(simulator.Map)
	simulator.Map.Namespace = c.config.Namespace
	c.root = simulator.Map.Get(model.ServiceContent.RootFolder).(*simulator.Folder)
	c.grant(simulator.Map.Get(*model.ServiceContent.AuthorizationManager).(*simulator.AuthorizationManager))
	c.serve()
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// Puts the test's permissions in the place of the simulator's own; roles and folders that are not there are made.
func (c *center) grant(manager *simulator.AuthorizationManager) {
	entities := map[string]types.ManagedObjectReference{"Datacenters": c.root.Self}
	granted := map[types.ManagedObjectReference][]types.Permission{c.root.Self: nil}
	for _, p := range c.config.Permissions {
		entity, known := entities[p.Entity]
		if !known {
			entity = c.entity(p.Entity)
			entities[p.Entity] = entity
		}
		granted[entity] = append(granted[entity], types.Permission{
			Entity: &entity, Principal: p.Principal, Group: p.IsGroup, RoleId: role(manager, p.Role), Propagate: !p.Here,
		})
	}
	for entity, permissions := range granted {
		manager.SetEntityPermissions(&types.SetEntityPermissions{Entity: entity, Permission: permissions})
	}
}

func role(manager *simulator.AuthorizationManager, label string) int32 {
	for _, known := range manager.RoleList {
		if known.Info.GetDescription().Label == label {
			return known.RoleId
		}
	}
	manager.AddAuthorizationRole(&types.AddAuthorizationRole{Name: label, PrivIds: []string{"System.View"}})
	return manager.RoleList[len(manager.RoleList)-1].RoleId
}

// The inventory object at a path below the root folder; folders that are not there are made.
func (c *center) entity(path string) types.ManagedObjectReference {
	client, err := vim25.NewClient(context.Background(), c.service)
	check(err)
	here := object.NewRootFolder(client)
	for _, name := range strings.Split(path, "/") {
		if known := simulator.Map.FindByName(name, children(here.Reference())); known != nil {
			here = object.NewFolder(client, known.Reference())
			continue
		}
		here, err = here.CreateFolder(context.Background(), name)
		check(err)
	}
	return here.Reference()
}

func children(ref types.ManagedObjectReference) []types.ManagedObjectReference {
	switch above := simulator.Map.Get(ref).(type) {
	case *simulator.Folder:
		return above.ChildEntity
	case *simulator.Datacenter:
		return []types.ManagedObjectReference{above.VmFolder, above.HostFolder}
	}
	return nil
}

func (c *center) serve() {
	pair, err := tls.LoadX509KeyPair(c.config.Certificate, c.config.Certificate)
	check(err)
	settings := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if c.config.OldTLS {
		settings.MinVersion, settings.MaxVersion = tls.VersionTLS10, tls.VersionTLS10
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	mux := http.NewServeMux()
	mux.HandleFunc("/sdk", c.answer)
	mux.HandleFunc("/spent", c.spent)
	server := &http.Server{Handler: mux, TLSConfig: settings, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { check(server.ServeTLS(listener, "", "")) }()
	fmt.Printf("{\"port\": %d}\n", listener.Addr().(*net.TCPAddr).Port)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// What was called since the last time, and how many sessions are open: for the tests, not for a client.
func (c *center) spent(w http.ResponseWriter, _ *http.Request) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	_ = json.NewEncoder(w).Encode(map[string]interface{}{"sessions": len(c.sessions), "calls": c.calls})
	c.calls = nil
}

// One call at a time: what the root folder says of the caller's rights is a property of the simulated folder.
func (c *center) answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var asked call
	if err := xml.Unmarshal(body, &asked); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	method := asked.Body.Method
	time.Sleep(time.Duration(c.config.Slow[method.XMLName.Local]) * time.Millisecond)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.calls = append(c.calls, method.XMLName.Local)
	key := ""
	if cookie, err := r.Cookie(soap.SessionCookieName); err == nil {
		key = strings.Trim(cookie.Value, `"`)
	}
	who := c.sessions[key]
	if fault := c.refusal(asked, who); fault != "" {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, envelope, fault)
		return
	}
	c.root.EffectiveRole = []int32{who.Role}
	answer := httptest.NewRecorder()
	r.Body = io.NopCloser(bytes.NewReader(body))
	c.service.ServeSDK(answer, r)
	for _, cookie := range answer.Result().Cookies() {
		c.sessions[cookie.Value] = c.known(method.UserName)
	}
	if method.XMLName.Local == "Logout" {
		delete(c.sessions, key)
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func (c *center) known(user string) account {
	for _, known := range c.config.Accounts {
		if known.User == user {
			return known
		}
	}
	return account{}
}

const envelope = xml.Header + `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ` +
	`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>` +
	`<faultcode>ServerFaultCode</faultcode>%s</soapenv:Fault></soapenv:Body></soapenv:Envelope>`

// The fault that a call ends with before it reaches the simulator; empty: none.
func (c *center) refusal(asked call, who account) string {
	method := asked.Body.Method
	switch name := method.XMLName.Local; {
	case method.XMLName.Space != "urn:"+c.config.Namespace:
		return `<faultstring>Unable to resolve WSDL method name ` + name + `</faultstring>`
	case name == "Login":
		known := c.known(method.UserName)
		if known.User == "" || known.Password != method.Password {
			// The worst a server can do: it repeats what it was sent.
			return c.fault("InvalidLogin", "Cannot complete login: "+method.UserName+" "+method.Password, "")
		}
	case name == "RetrieveServiceContent":
	case who.User == "":
		return c.fault("NotAuthenticated", "The session is not authenticated.", denied)
	case who.Role == readOnly && !reading[name], who.Role < readOnly-1 && name != "Logout":
		return c.fault("NoPermission", "Permission to perform this operation was denied.", denied)
	}
	return ""
}

const denied = `<object type="Folder">group-d1</object><privilegeId>System.View</privilegeId>`

func (c *center) fault(kind, text, inside string) string {
	var escaped bytes.Buffer
	_ = xml.EscapeText(&escaped, []byte(text))
	return fmt.Sprintf(`<faultstring>%s</faultstring><detail><%[2]sFault xmlns="urn:%[3]s" xsi:type="%[2]s">%[4]s</%[2]sFault></detail>`,
		escaped.String(), kind, c.config.Namespace, inside)
}

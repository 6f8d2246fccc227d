// Runs the vendor's SDK and prints the processor time of a create in microseconds, as JSON.
//
// Usage: official_sdk cost REQUEST.json
//
// Environment: EMULATOR (host and port), TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
)

const calls = 5000

func main() {
	if len(os.Args) != 3 || os.Args[1] != "cost" {
		fail(fmt.Errorf("usage: official_sdk cost REQUEST.json"))
	}
	request, err := readRequest(os.Args[2])
	if err != nil {
		fail(err)
	}
	many := func() {
		for i := 0; i < calls; i++ {
			if err := create(request); err != nil {
				fail(err)
			}
		}
	}
	// The first calls, which fill caches, do not count.
	many()
	before := used()
	many()
	fmt.Printf("{\"cpu_us\": %.1f}\n", float64(used()-before)/calls)
}

var client = newClient()

func newClient() *common.Client {
	keys := common.NewCredential(os.Getenv("TENCENTCLOUD_SECRET_ID"), os.Getenv("TENCENTCLOUD_SECRET_KEY"))
	settings := profile.NewClientProfile()
	settings.HttpProfile.Scheme = "HTTP"
	settings.HttpProfile.Endpoint = os.Getenv("EMULATOR")
	return common.NewCommonClient(keys, "", settings)
}

func readRequest(file string) (map[string]interface{}, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var members map[string]interface{}
	err = json.Unmarshal(text, &members)
	return members, err
}

// Sent as a common request, since only newer versions of the module have a type for it: the same
// signature and transport, and JSON in place of a struct.
func create(members map[string]interface{}) error {
	request := tchttp.NewCommonRequest("mps", "2019-06-12", "CreateAigcVideoTask")
	if err := request.SetActionParameters(members); err != nil {
		return err
	}
	response := tchttp.NewCommonResponse()
	if err := client.Send(request, response); err != nil {
		return err
	}
	if len(response.GetBody()) == 0 {
		return fmt.Errorf("the answer is empty")
	}
	return nil
}

// Returns the processor time of all threads so far, in microseconds.
func used() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		fail(err)
	}
	micros := func(time syscall.Timeval) int64 { return time.Sec*1_000_000 + int64(time.Usec) }
	return micros(usage.Utime) + micros(usage.Stime)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
